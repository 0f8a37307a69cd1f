// The latest runs of a schedule: begun with the way to what came of it, refused with the reason, missed.
import { A } from "@solidjs/router";
import { For, Match, Show, Switch } from "solid-js";
import type { RunState, ScheduleRunView } from "../../../worker/rules/views-automation.ts";
import type { OperationView } from "../../../worker/rules/views.ts";
import { dateTime, t, type Key } from "../../i18n/language.ts";
import { problemWords } from "../../i18n/words.ts";
import { OperationMark, Status } from "../../ui/status.tsx";
import { inZone } from "./times.ts";
import styles from "./schedules.module.css";

/** As many as stand in a row without scrolling. */
const SHOWN = 5;

export function RunList(props: {
  runs: readonly ScheduleRunView[];
  timeZone: string;
  tenantId: string;
  /** Operations that are known here: a run shows what came of its own. */
  operations: readonly OperationView[];
}) {
  return (
    <Show when={props.runs.length > 0} fallback={<p class="quiet">{t("schedules.notYet")}</p>}>
      <ol class={styles.runs}>
        <For each={props.runs.slice(0, SHOWN)}>{(run) => <Run run={run} {...props} />}</For>
      </ol>
    </Show>
  );
}

function Run(props: {
  run: ScheduleRunView;
  timeZone: string;
  tenantId: string;
  operations: readonly OperationView[];
}) {
  const operation = () => props.operations.find((candidate) => candidate.id === props.run.operationId);
  const at = () => inZone(props.run.dueAt, props.timeZone);
  return (
    <li data-run-state={props.run.state}>
      <Show when={operation()} fallback={<RunMark state={props.run.state} />}>
        {(known) => <OperationMark operation={known()} />}
      </Show>
      <Show
        when={props.run.operationId}
        fallback={
          <time dateTime={new Date(props.run.dueAt).toISOString()} title={dateTime(props.run.at)}>
            {at()}
          </time>
        }
      >
        {(id) => (
          <A href={`/t/${props.tenantId}/operations/${id()}`} aria-label={t("schedules.toOperation", { at: at() })}>
            {at()}
          </A>
        )}
      </Show>
      <Why run={props.run} />
    </li>
  );
}

export function RunMark(props: { state: RunState }) {
  const look = () => LOOKS[props.state];
  return <Status shape={look()[0]} tone={look()[1]} word={t(`schedules.run.${props.state}` as Key)} />;
}

const LOOKS = {
  taken: ["turn", "busy"],
  begun: ["tick", "good"],
  refused: ["triangle", "bad"],
  missed: ["bars", "warn"],
} as const satisfies Record<RunState, [Parameters<typeof Status>[0]["shape"], Parameters<typeof Status>[0]["tone"]]>;

/** Why nothing was begun. */
export function Why(props: { run: ScheduleRunView }) {
  return (
    <Switch>
      <Match when={props.run.state === "refused" && props.run.code}>
        {(code) => (
          <p class={styles.why} title={problemWords(code()).help}>
            {problemWords(code()).what}
          </p>
        )}
      </Match>
      <Match when={props.run.state === "missed"}>
        <p class={styles.why}>{t("schedules.missedText")}</p>
      </Match>
    </Switch>
  );
}
