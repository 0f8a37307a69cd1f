// Scripts of one service: those chosen, by the moment at which they run, and the runs that there were.
import FileTerminal from "lucide-solid/icons/file-terminal";
import Play from "lucide-solid/icons/play";
import Trash from "lucide-solid/icons/trash";
import { createSignal, For, Show } from "solid-js";
import { SCRIPT_EVENTS } from "../../../worker/rules/scripts.ts";
import type { ServiceScriptView } from "../../../worker/rules/views-automation.ts";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { automationApi } from "../../api-automation.ts";
import { problemOf } from "../../api.ts";
import { t, type Key } from "../../i18n/language.ts";
import { problemWords } from "../../i18n/words.ts";
import { keys, queryClient } from "../../queries.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Chip } from "../../ui/chip.tsx";
import { Load } from "../../ui/load.tsx";
import { Empty, Section } from "../../ui/page.tsx";
import { SureDialog, type Sure } from "../../ui/sure-dialog.tsx";
import { showToast } from "../../ui/toast.tsx";
import { applyAccepted } from "../feed/apply.ts";
import { useTenant } from "../frame/session.tsx";
import { ChooseDialog } from "./choose-dialog.tsx";
import { useScripts, useServiceScripts } from "./queries.ts";
import { RunList } from "./runs.tsx";
import styles from "./scripts.module.css";

export default function ScriptsTab(props: { service: ServiceView }) {
  return (
    <Show
      when={props.service.kind === "vm"}
      fallback={
        <div class="card">
          <Empty icon={<FileTerminal size={22} />} title={t("scripts.containers")} text={t("scripts.containersText")} />
        </div>
      }
    >
      <OfMachine service={props.service} />
    </Show>
  );
}

function OfMachine(props: { service: ServiceView }) {
  const { id, can, tenant } = useTenant();
  const query = useServiceScripts(id, () => props.service.id);
  const [adding, setAdding] = createSignal(false);
  const [question, setQuestion] = createSignal<Sure | null>(null);
  const mayChange = () => can("service.script") && tenant().open && props.service.state === "ready";
  const stale = () => void queryClient.invalidateQueries({ queryKey: keys.serviceScripts(id(), props.service.id) });
  const add = (words: string) => (
    <Show when={mayChange()}>
      <Button icon={FileTerminal} variant="primary" onClick={() => setAdding(true)}>
        {words}
      </Button>
    </Show>
  );
  const remove = (choice: ServiceScriptView): Sure => ({
    title: t("scripts.removeTitle", { name: choice.script.name }),
    text: t("scripts.removeText"),
    confirm: t("scripts.removeConfirm"),
    act: async () => {
      await automationApi.dropScript(id(), props.service.id, choice.id);
      stale();
    },
  });

  return (
    <Load query={query}>
      {(data) => (
        <>
          <Show
            when={data().scripts.length > 0}
            fallback={
              <div class="card">
                <Empty
                  icon={<FileTerminal size={22} />}
                  title={t("scripts.none")}
                  text={t("scripts.noneText")}
                  action={add(t("scripts.addFirst"))}
                />
              </div>
            }
          >
            <Section title={t("scripts.title")} aside={add(t("scripts.add"))} flush>
              <Choices
                service={props.service}
                scripts={data().scripts}
                mayChange={mayChange()}
                onRun={stale}
                onRemove={(choice) => setQuestion(remove(choice))}
              />
            </Section>
          </Show>
          <Show when={data().scripts.length > 0 || data().runs.length > 0}>
            <Section title={t("scripts.runs")} flush>
              <Show when={data().runs.length > 0} fallback={<p class={styles.nothing}>{t("scripts.noRuns")}</p>}>
                <RunList runs={data().runs} />
              </Show>
            </Section>
          </Show>
          <ChooseDialog
            tenantId={id()}
            service={adding() ? props.service : null}
            chosen={data().scripts}
            onClose={() => setAdding(false)}
          />
          <SureDialog question={question()} onClose={() => setQuestion(null)} />
        </>
      )}
    </Load>
  );
}

interface ChoicesProps {
  service: ServiceView;
  scripts: readonly ServiceScriptView[];
  mayChange: boolean;
  onRun: () => void;
  onRemove: (choice: ServiceScriptView) => void;
}

/** Chosen scripts, in the order in which a service comes by their moments. */
function Choices(props: ChoicesProps) {
  const { id } = useTenant();
  const catalogue = useScripts(id);
  const description = (choice: ServiceScriptView) =>
    catalogue.data?.scripts.find((script) => script.id === choice.script.id)?.description;
  const events = () => SCRIPT_EVENTS.filter((event) => props.scripts.some((choice) => choice.event === event));
  return (
    <For each={events()}>
      {(event) => (
        <section class={styles.event} data-event={event}>
          <h3>{t(`scripts.event.${event}` as Key)}</h3>
          <ul>
            <For each={props.scripts.filter((choice) => choice.event === event)}>
              {(choice) => (
                <li class={styles.choice} data-choice-id={choice.id}>
                  <div class={styles.what}>
                    <p class={styles.title}>
                      <b>{choice.script.name}</b>
                      <Show when={!choice.active}>
                        <Chip>{t("scripts.withdrawn")}</Chip>
                      </Show>
                    </p>
                    <p class="small quiet">{choice.active ? description(choice) : t("scripts.withdrawnText")}</p>
                  </div>
                  <Show when={props.mayChange}>
                    <div class={styles.buttons}>
                      <Show when={event === "on_demand" && choice.active}>
                        <RunButton service={props.service} choice={choice} onRun={props.onRun} />
                      </Show>
                      <IconButton
                        icon={Trash}
                        label={t("scripts.remove", { name: choice.script.name })}
                        onClick={() => props.onRemove(choice)}
                      />
                    </div>
                  </Show>
                </li>
              )}
            </For>
          </ul>
        </section>
      )}
    </For>
  );
}

function RunButton(props: { service: ServiceView; choice: ServiceScriptView; onRun: () => void }) {
  const { id } = useTenant();
  const [busy, setBusy] = createSignal(false);
  const isOff = () => props.service.power !== "running";

  async function run() {
    setBusy(true);
    try {
      const key = crypto.randomUUID();
      applyAccepted(id(), await automationApi.runScript(id(), props.service.id, props.choice.id, key));
    } catch (thrown) {
      const { code, params } = problemOf(thrown);
      const words = problemWords(code, params);
      showToast({ tone: "bad", text: words.what, detail: words.help });
    } finally {
      setBusy(false);
      props.onRun();
    }
  }

  return (
    <Button
      small
      icon={Play}
      busy={busy()}
      disabled={isOff() || props.service.operationId !== null}
      title={isOff() ? t("scripts.mustRun") : undefined}
      aria-label={t("scripts.runOf", { name: props.choice.script.name })}
      onClick={() => void run()}
    >
      {t("scripts.run")}
    </Button>
  );
}
