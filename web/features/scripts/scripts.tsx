// The catalogue of scripts, as operators keep it: what there is, what it asks for, and whether tenants can choose it.
import { A } from "@solidjs/router";
import FileTerminal from "lucide-solid/icons/file-terminal";
import { createSignal, For, Show } from "solid-js";
import type { ScriptSourceView } from "../../../worker/rules/views-automation.ts";
import { scriptsApi } from "../../api-automation.ts";
import { problemOf } from "../../api.ts";
import { number, t, tCount, type Key } from "../../i18n/language.ts";
import { problemWords } from "../../i18n/words.ts";
import { keys, queryClient } from "../../queries.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Load } from "../../ui/load.tsx";
import { Empty, Page } from "../../ui/page.tsx";
import { Status } from "../../ui/status.tsx";
import { showToast } from "../../ui/toast.tsx";
import { useScriptSources } from "./queries.ts";
import styles from "./scripts.module.css";

export default function Scripts() {
  const query = useScriptSources();
  return (
    <Page
      title={t("nav.scripts")}
      actions={<Show when={query.data?.scripts.length}>{<Write words={t("scripts.new")} />}</Show>}
    >
      <div class="card">
        <Load query={query}>
          {(data) => (
            <ul>
              <For
                each={data().scripts}
                fallback={
                  <li>
                    <Empty
                      icon={<FileTerminal size={22} />}
                      title={t("scripts.operatorNone")}
                      text={t("scripts.operatorNoneText")}
                      action={<Write words={t("scripts.operatorFirst")} />}
                    />
                  </li>
                }
              >
                {(script) => <Row script={script} />}
              </For>
            </ul>
          )}
        </Load>
      </div>
    </Page>
  );
}

function Write(props: { words: string }) {
  return (
    <LinkButton variant="primary" icon={FileTerminal} href="/operator/scripts/new">
      {props.words}
    </LinkButton>
  );
}

function Row(props: { script: ScriptSourceView }) {
  const [busy, setBusy] = createSignal(false);
  const parameters = () => props.script.parameters.length;
  const words = () => t(props.script.active ? "scripts.withdraw" : "scripts.publish");

  async function toggle() {
    setBusy(true);
    try {
      const { id, ...body } = props.script;
      await scriptsApi.change(id, { ...body, active: !body.active });
      await queryClient.invalidateQueries({ queryKey: keys.scriptSources });
    } catch (thrown) {
      const { code, params } = problemOf(thrown);
      showToast({ tone: "bad", text: problemWords(code, params).what });
    } finally {
      setBusy(false);
    }
  }

  return (
    <li class={styles.script} data-script-id={props.script.id} data-active={props.script.active}>
      <div class={styles.what}>
        <A href={`/operator/scripts/${props.script.id}`}>{props.script.name}</A>
        <Show when={props.script.description}>
          <p>{props.script.description}</p>
        </Show>
        <p class="small quiet">
          {[
            ...props.script.events.map((event) => t(`scripts.event.${event}` as Key)),
            ...(parameters() === 0 ? [] : [tCount("scripts.parameterCount", parameters())]),
            t("scripts.limit", { time: limitText(props.script.timeoutSeconds) }),
          ].join(" · ")}
        </p>
      </div>
      <Status
        shape={props.script.active ? "disc" : "square"}
        tone={props.script.active ? "good" : "rest"}
        word={t(props.script.active ? "scripts.published" : "scripts.withdrawn")}
      />
      <Button small busy={busy()} aria-label={`${words()}: ${props.script.name}`} onClick={() => void toggle()}>
        {words()}
      </Button>
    </li>
  );
}

/** Whole minutes as minutes: people choose round ones. */
function limitText(seconds: number): string {
  return seconds % 60 === 0 ? `${number(seconds / 60)} min` : `${number(seconds)} s`;
}
