// A failure told in plain words: what happened, why and what to do, the request's id small beneath.
import { For, Show, type JSX } from "solid-js";
import type { Problem } from "../../worker/rules/views.ts";
import { t } from "../i18n/language.ts";
import { amount, fieldWords, problemWords, resourceName } from "../i18n/words.ts";
import styles from "./problem.module.css";

type Rows = NonNullable<Problem["resources"]>;
let remedy: (rows: Rows) => JSX.Element = () => null;

/** Sets what is offered beneath a refused quota; the frame knows how to ask for more, this file does not. */
export function offerRemedy(offer: (rows: Rows) => JSX.Element): void {
  remedy = offer;
}

export function ProblemNote(props: { problem: Problem | null; action?: JSX.Element }) {
  return (
    <Show when={props.problem}>
      {(problem) => (
        <div
          ref={(node) => requestAnimationFrame(() => node.scrollIntoView?.({ block: "nearest" }))}
          class={styles.note}
          role="alert"
          data-problem={problem().code}
        >
          <strong>{problemWords(problem().code, problem().params).what}</strong>
          <p>{problemWords(problem().code, problem().params).help}</p>
          <Show when={problem().resources}>
            {(rows) => (
              <ul>
                <For each={rows().filter((row) => !row.fits)}>
                  {(row) => (
                    <li>
                      {t(row.own ? "quota.refused" : "quota.refusedShared", {
                        resource: resourceName(row.resource),
                        asked: amount(row.resource, row.asked),
                        left: amount(row.resource, row.left),
                        limit: amount(row.resource, row.limit),
                      })}
                    </li>
                  )}
                </For>
              </ul>
            )}
          </Show>
          <Show when={problem().code === "quota_exceeded" && problem().resources}>{(rows) => remedy(rows())}</Show>
          <Show when={problem().code === "validation_failed" && problem().errors}>
            {(rows) => (
              <ul>
                <For each={rows()}>
                  {(row) => (
                    <li>
                      <code>{row.pointer.replace(/^#\//, "")}</code>: {fieldWords(row.code, row.params)}
                    </li>
                  )}
                </For>
              </ul>
            )}
          </Show>
          {props.action}
          <Show when={problem().requestId}>
            <small>
              {t("error.requestId")} <code>{problem().requestId}</code>
            </small>
          </Show>
        </div>
      )}
    </Show>
  );
}
