// Operations, latest first: what was done, by whom, when, and what came of it.
import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import type { OperationView } from "../../../worker/rules/views.ts";
import { ago, dateTime, duration, t } from "../../i18n/language.ts";
import { isCalledOff, operationTitle, presentStep, problemWords } from "../../i18n/words.ts";
import { useNow } from "../../ui/clock.ts";
import { OperationMark } from "../../ui/status.tsx";
import styles from "./operations.module.css";

export function OperationList(props: { operations: readonly OperationView[]; tenantId: string; short?: boolean }) {
  return (
    <Show when={props.operations.length > 0} fallback={<p class={styles.none}>{t("activity.none")}</p>}>
      <ul class={styles.list} data-short={props.short}>
        <For each={props.operations}>{(operation) => <Row operation={operation} tenantId={props.tenantId} />}</For>
      </ul>
    </Show>
  );
}

function Row(props: { operation: OperationView; tenantId: string }) {
  const now = useNow();
  const took = () => duration((props.operation.endedAt ?? now()) - props.operation.startedAt);
  return (
    <li class={styles.row} data-operation-id={props.operation.id} data-operation-status={props.operation.status}>
      <A href={`/t/${props.tenantId}/operations/${props.operation.id}`} class={styles.what}>
        {operationTitle(props.operation)}
      </A>
      <OperationMark operation={props.operation} />
      <p class={styles.detail}>
        <time dateTime={new Date(props.operation.startedAt).toISOString()} title={dateTime(props.operation.startedAt)}>
          {ago(props.operation.startedAt, now())}
        </time>
        <span>{props.operation.actor}</span>
        <span class="figures">{took()}</span>
        <Show when={presentStep(props.operation)}>{(words) => <span>{words()}</span>}</Show>
        <Show when={!isCalledOff(props.operation) && props.operation.error}>
          {(error) => <span class={styles.why}>{problemWords(error().code, error().params).what}</span>}
        </Show>
      </p>
    </li>
  );
}
