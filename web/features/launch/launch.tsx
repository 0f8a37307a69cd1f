// The launch wizard: three steps over one reducer, with the quota beside them; the Worker's answer leads to the progress.
import { useNavigate, useSearchParams } from "@solidjs/router";
import Check from "lucide-solid/icons/check";
import { createEffect, createMemo, createSignal, For, Match, on, Show, Switch } from "solid-js";
import { sshKeyLines } from "../../../worker/rules/names.ts";
import type { CatalogueView, QuotaView } from "../../../worker/rules/views.ts";
import { api, problemOf } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { useCatalogue, useQuota } from "../../queries.ts";
import { Load } from "../../ui/load.tsx";
import { Empty, Page, Skeleton } from "../../ui/page.tsx";
import { applyAccepted } from "../feed/apply.ts";
import { useTenant } from "../frame/session.tsx";
import { scriptProblems } from "./scripts-state.ts";
import { keepTyped } from "../ssh-keys/queries.ts";
import { INITIAL, launchBody, loginProblems, reduce, type LaunchAction, type LaunchState, type Step } from "./state.ts";
import { LoginStep } from "./step-login.tsx";
import { SizeStep } from "./step-size.tsx";
import { TemplateStep } from "./step-template.tsx";
import styles from "./launch.module.css";

export interface StepProps {
  state: LaunchState;
  dispatch: (action: LaunchAction) => void;
  go: (step: Step) => void;
  catalogue: CatalogueView;
  quota: QuotaView["resources"];
  tenantId: string;
}

export default function Launch() {
  const { id, canChange } = useTenant();
  const catalogue = useCatalogue(id);
  const quota = useQuota(id);
  return (
    <Page title={t("launch.title")} crumbs={[{ label: t("nav.services"), href: `/t/${id()}/services` }]}>
      <Show when={canChange()} fallback={<Empty title={t("error.role_missing")} text={t("error.role_missing.help")} />}>
        <Load query={catalogue} skeleton={<Skeleton rows={4} tall />}>
          {(data) => (
            <Load query={quota} skeleton={<Skeleton rows={4} tall />}>
              {(rows) => <Wizard catalogue={data()} quota={rows().resources} tenantId={id()} />}
            </Load>
          )}
        </Load>
      </Show>
    </Page>
  );
}

function Wizard(props: { catalogue: CatalogueView; quota: QuotaView["resources"]; tenantId: string }) {
  const navigate = useNavigate();
  const [search, setSearch] = useSearchParams<{ step?: string }>();
  const [state, setState] = createSignal<LaunchState>(INITIAL);
  const dispatch = (action: LaunchAction) => setState((before) => reduce(before, action));

  // The step is in the address, so that the browser's back button goes one step back, not out of the wizard.
  const asked = createMemo((): Step => (search.step === "2" ? 2 : search.step === "3" ? 3 : 1));
  createEffect(on(asked, (step) => dispatch({ type: "go", step, catalogue: props.catalogue })));
  const go = (step: Step) => {
    dispatch({ type: "go", step, catalogue: props.catalogue });
    setSearch({ step: String(state().step) }, { scroll: true });
  };

  let heading: HTMLDivElement | undefined;
  // As a value of its own: with every letter that is typed the state changes, and the step does not.
  const shown = createMemo(() => state().step);
  createEffect(on(shown, () => heading?.querySelector<HTMLElement>("h2")?.focus(), { defer: true }));

  async function launch() {
    if (state().sending) return;
    dispatch({ type: "try" });
    if (Object.keys({ ...loginProblems(state()), ...scriptProblems(state()) }).length > 0) {
      queueMicrotask(() => heading?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
      return;
    }
    dispatch({ type: "send", key: crypto.randomUUID() });
    const key = state().attempt?.key ?? "";
    try {
      const accepted = await api.launch(props.tenantId, launchBody(state()), key);
      applyAccepted(props.tenantId, accepted);
      if (state().keepKeys) void keepTyped(sshKeyLines(state().sshKeys));
      navigate(`/t/${props.tenantId}/operations/${accepted.operation.id}`, { replace: true });
    } catch (thrown) {
      dispatch({ type: "refused", problem: problemOf(thrown) });
    }
  }

  const step = () => ({
    get state() {
      return state();
    },
    dispatch,
    go,
    get catalogue() {
      return props.catalogue;
    },
    get quota() {
      return props.quota;
    },
    get tenantId() {
      return props.tenantId;
    },
  });

  return (
    <Show
      when={props.catalogue.templates.length > 0}
      fallback={<Empty title={t("launch.emptyCatalogue")} text={t("launch.emptyCatalogueText")} />}
    >
      <Steps at={state().step} go={go} />
      <div ref={(node) => (heading = node)}>
        <Switch>
          <Match when={state().step === 1}>
            <TemplateStep {...step()} />
          </Match>
          <Match when={state().step === 2}>
            <SizeStep {...step()} />
          </Match>
          <Match when={state().step === 3}>
            <LoginStep {...step()} onLaunch={launch} />
          </Match>
        </Switch>
      </div>
    </Show>
  );
}

function Steps(props: { at: Step; go: (step: Step) => void }) {
  return (
    <ol class={styles.stepper} aria-label={t("launch.steps")}>
      <For each={[1, 2, 3] as const}>
        {(step) => (
          <li aria-current={props.at === step ? "step" : undefined} data-done={step < props.at}>
            <button type="button" disabled={step >= props.at} onClick={() => props.go(step)}>
              <span class={styles.number}>
                <Show when={step < props.at} fallback={step}>
                  <Check size={14} aria-hidden="true" />
                </Show>
              </span>
              <span>{t(`launch.step${step}`)}</span>
            </button>
          </li>
        )}
      </For>
    </ol>
  );
}
