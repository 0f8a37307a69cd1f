// Runs of scripts, latest first: how each ended, and behind a click what it wrote.
import { createSignal, For, Show } from "solid-js";
import type { ScriptRunState, ScriptRunView } from "../../../worker/rules/views-automation.ts";
import { ago, dateTime, duration, t, type Key } from "../../i18n/language.ts";
import { problemWords } from "../../i18n/words.ts";
import { useNow } from "../../ui/clock.ts";
import { Status } from "../../ui/status.tsx";
import styles from "./scripts.module.css";

/** `open`: the outputs stand open, for pages that are about nothing else. */
export function RunList(props: { runs: readonly ScriptRunView[]; open?: boolean }) {
  return (
    <ul>
      <For each={props.runs}>{(run) => <Run run={run} open={props.open ?? false} />}</For>
    </ul>
  );
}

function Run(props: { run: ScriptRunView; open: boolean }) {
  const now = useNow();
  const hasBegun = () => props.run.state !== "waiting";
  // What failed is what one came to read.
  const [open, setOpen] = createSignal(props.open || props.run.state === "failed" || props.run.state === "unreachable");
  /** That it failed is said already, and its output says why. */
  const why = () => (props.run.code === "script_failed" ? null : props.run.code);
  return (
    <li class={styles.run} data-run-id={props.run.id} data-run-state={props.run.state}>
      <details open={open()} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span class={styles.runHead}>
            <b>{props.run.script}</b>
            <ScriptRunMark state={props.run.state} />
            <span class="small quiet">{t(`scripts.event.${props.run.event}` as Key)}</span>
            <span class={`small quiet figures ${styles.runTime}`}>
              <time dateTime={new Date(props.run.startedAt).toISOString()} title={dateTime(props.run.startedAt)}>
                {ago(props.run.startedAt, now())}
              </time>
              <Show when={hasBegun()}> · {duration((props.run.endedAt ?? now()) - props.run.startedAt)}</Show>
              <Show when={props.run.exitCode !== null}>
                {" "}
                · {t("scripts.exitCode", { code: props.run.exitCode ?? 0 })}
              </Show>
            </span>
          </span>
        </summary>
        <Show when={why()}>
          {(code) => (
            <p class={styles.nothing}>
              {problemWords(code()).what}. {problemWords(code()).help}
            </p>
          )}
        </Show>
        <Show
          when={props.run.output}
          fallback={
            <Show when={!why() && props.run.endedAt !== null}>
              <p class={styles.nothing}>{t("scripts.noOutput")}</p>
            </Show>
          }
        >
          {(output) => (
            <pre class={styles.output} tabIndex={0} aria-label={t("scripts.outputOf", { name: props.run.script })}>
              {output()}
            </pre>
          )}
        </Show>
      </details>
    </li>
  );
}

type Look = [Parameters<typeof Status>[0]["shape"], Parameters<typeof Status>[0]["tone"]];

const LOOKS: Record<ScriptRunState, Look> = {
  waiting: ["ring", "busy"],
  running: ["turn", "busy"],
  succeeded: ["tick", "good"],
  failed: ["triangle", "bad"],
  unreachable: ["ring", "bad"],
};

export function ScriptRunMark(props: { state: ScriptRunState }) {
  return (
    <Status
      shape={LOOKS[props.state][0]}
      tone={LOOKS[props.state][1]}
      word={t(`scripts.state.${props.state}` as Key)}
    />
  );
}
