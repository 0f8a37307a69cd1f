// Settings of a tenant: its name, whether a second factor is demanded of everybody in it, its tokens on the clusters.
import { useQueryClient } from "@tanstack/solid-query";
import RotateCw from "lucide-solid/icons/rotate-cw";
import { createEffect, createSignal, on, Show } from "solid-js";
import { tenantNameProblem } from "../../../worker/rules/names.ts";
import type { TenantSettingsView } from "../../../worker/rules/views-people.ts";
import type { Problem } from "../../../worker/rules/views.ts";
import { problemOf } from "../../api.ts";
import { peopleApi } from "../../api-people.ts";
import { t, tCount } from "../../i18n/language.ts";
import { keys } from "../../queries.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { Load } from "../../ui/load.tsx";
import { Page, Section } from "../../ui/page.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { showToast } from "../../ui/toast.tsx";
import { useData } from "../../use-data.ts";
import { faults } from "../account/checks.ts";
import { useTenant } from "../frame/session.tsx";
import styles from "./team.module.css";

export default function Settings() {
  const { id } = useTenant();
  const settings = useData(() => ({ queryKey: keys.settings(id()), queryFn: () => peopleApi.settings(id()) }));
  return (
    <Page title={t("nav.settings")} narrow>
      <Load query={settings}>
        {(data) => (
          <>
            <NameSection name={data().name} />
            <SecondFactorSection settings={data()} />
            <AccessSection />
          </>
        )}
      </Load>
    </Page>
  );
}

function useSaved() {
  const client = useQueryClient();
  const { id } = useTenant();
  return () => {
    showToast({ tone: "good", text: t("settings.saved") });
    void client.invalidateQueries({ queryKey: keys.settings(id()) });
    void client.invalidateQueries({ queryKey: keys.me });
  };
}

function NameSection(props: { name: string }) {
  const { id } = useTenant();
  const saved = useSaved();
  const form = createForm({ name: props.name }, (values) => faults({ name: tenantNameProblem(values.name) }));
  createEffect(
    on(
      () => props.name,
      (name) => form.reset({ name }),
      { defer: true },
    ),
  );
  async function submit(event: SubmitEvent) {
    if (await form.submit(event, (values) => peopleApi.saveSettings(id(), { name: values.name.trim() }))) saved();
  }
  return (
    <Section title={t("settings.name")}>
      <form class={styles.form} novalidate onSubmit={submit}>
        <TextField
          label={t("children.name")}
          hint={t("settings.nameHint")}
          name="name"
          maxLength={60}
          value={form.values.name}
          onValue={(value) => form.set("name", value)}
          error={form.error("name")}
        />
        <ProblemNote problem={form.problem()} />
        <div>
          <Button type="submit" variant="primary" busy={form.busy()} disabled={form.values.name.trim() === props.name}>
            {t("action.save")}
          </Button>
        </div>
      </form>
    </Section>
  );
}

function SecondFactorSection(props: { settings: TenantSettingsView }) {
  const { id, kind } = useTenant();
  const saved = useSaved();
  const [busy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal<Problem | null>(null);

  async function demand(wanted: boolean) {
    setBusy(true);
    setProblem(null);
    try {
      await peopleApi.saveSettings(id(), { requireSecondFactor: wanted });
      saved();
    } catch (thrown) {
      setProblem(problemOf(thrown));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Section title={t("settings.secondFactor")}>
      <div class={styles.form}>
        <label class={styles.choice}>
          <input
            type="checkbox"
            checked={props.settings.requireSecondFactor}
            disabled={busy()}
            onChange={(event) => {
              const wanted = event.currentTarget.checked;
              event.currentTarget.checked = props.settings.requireSecondFactor;
              void demand(wanted);
            }}
          />
          <span>
            <b>{t("settings.demand")}</b>
            <small>{t(kind() === "tenant" ? "settings.demandHelp" : "settings.demandHelpBelow")}</small>
          </span>
        </label>
        <Show when={props.settings.secondFactorDemandedBy}>
          {(name) => <p class={styles.note}>{t("settings.demandedBy", { name: name() })}</p>}
        </Show>
        <Show when={problem()?.code === "second_factor_required"} fallback={<ProblemNote problem={problem()} />}>
          <div class={styles.first} role="alert" data-problem="second_factor_required">
            <p>{t("settings.ownFirst")}</p>
            <LinkButton small href="/account/security">
              {t("wall.setUp")}
            </LinkButton>
          </div>
        </Show>
      </div>
    </Section>
  );
}

function AccessSection() {
  const { id } = useTenant();
  const [busy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal<Problem | null>(null);

  async function renew() {
    setBusy(true);
    setProblem(null);
    try {
      const { rotated } = await peopleApi.renewAccess(id());
      const text = rotated === 0 ? t("settings.noToken") : tCount("settings.renewed", rotated);
      showToast({ tone: rotated === 0 ? "plain" : "good", text });
    } catch (thrown) {
      setProblem(problemOf(thrown));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Section title={t("settings.access")}>
      <div class={styles.form}>
        <p class="quiet">{t("settings.accessHelp")}</p>
        <ProblemNote problem={problem()} />
        <div>
          <Button icon={RotateCw} busy={busy()} onClick={renew}>
            {t("settings.renew")}
          </Button>
        </div>
      </div>
    </Section>
  );
}
