// How a request for more stands: what was wished for, what was granted, and the word of the one who decided.
import { createSignal, For, Show } from "solid-js";
import type { Limits, QuotaRequestView } from "../../../worker/rules/views-tree.ts";
import type { Problem, QuotaRequestStatus, QuotaView, Resource } from "../../../worker/rules/views.ts";
import { quotaApi } from "../../api-tree.ts";
import { problemOf } from "../../api.ts";
import { ago, t, type Key } from "../../i18n/language.ts";
import { amount, resourceName } from "../../i18n/words.ts";
import { keys, queryClient } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { useNow } from "../../ui/clock.ts";
import { ProblemNote } from "../../ui/problem.tsx";
import { Status } from "../../ui/status.tsx";
import styles from "./quota.module.css";

const LOOKS = {
  open: { shape: "ring", tone: "busy" },
  approved: { shape: "tick", tone: "good" },
  declined: { shape: "triangle", tone: "bad" },
  withdrawn: { shape: "square", tone: "rest" },
} as const;

export function RequestMark(props: { request: Pick<QuotaRequestView, "status" | "seenAt"> }) {
  const word = () =>
    props.request.status === "open" && props.request.seenAt !== null
      ? t("request.status.seen")
      : t(`request.status.${props.request.status}` as Key);
  return <Status {...LOOKS[props.request.status satisfies QuotaRequestStatus]} word={word()} />;
}

/** Resource by resource: what there was, and what was wished for or granted. */
export function Wishes(props: { wanted: Limits; granted: Limits | null; now: QuotaView["resources"] }) {
  const rows = () => Object.entries(props.wanted) as [Resource, number][];
  return (
    <ul class={styles.wishes}>
      <For each={rows()}>
        {([resource, value]) => {
          const now = () => props.now.find((row) => row.resource === resource)?.limit;
          const granted = () => props.granted?.[resource];
          return (
            <li data-resource={resource}>
              <span class="quiet">{resourceName(resource)}</span>{" "}
              <Show when={props.granted === null && now() !== undefined}>
                <span class="figures">{amount(resource, now() ?? 0)} → </span>
              </Show>
              <b class="figures">{amount(resource, granted() ?? value)}</b>
              <Show when={granted() !== undefined && granted() !== value}>
                <span class="small quiet"> {t("request.insteadOf", { amount: amount(resource, value) })}</span>
              </Show>
            </li>
          );
        }}
      </For>
    </ul>
  );
}

/** One request of one's own, with the way to take it back while it is open. */
export function RequestState(props: { request: QuotaRequestView; tenantId: string }) {
  const now = useNow();
  const [busy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal<Problem | null>(null);

  async function withdraw() {
    setBusy(true);
    setProblem(null);
    try {
      await quotaApi.withdrawRequest(props.tenantId, props.request.id);
    } catch (thrown) {
      setProblem(problemOf(thrown));
    } finally {
      setBusy(false);
      void queryClient.invalidateQueries({ queryKey: keys.myRequests(props.tenantId) });
    }
  }

  return (
    <div class={styles.state} data-request-id={props.request.id} data-request-status={props.request.status}>
      <header>
        <RequestMark request={props.request} />
        <span class="small quiet">
          {t("request.askedBy", { name: props.request.askedBy, when: ago(props.request.createdAt, now()) })}
        </span>
        <Show when={props.request.status === "open"}>
          <Button small variant="quiet" busy={busy()} onClick={withdraw}>
            {t("request.withdraw")}
          </Button>
        </Show>
      </header>
      <Wishes wanted={props.request.wanted} granted={props.request.granted} now={props.request.now} />
      <Show when={props.request.message}>
        <p class={styles.words}>“{props.request.message}”</p>
      </Show>
      <Show when={props.request.decidedAt !== null && props.request.decidedBy && !props.request.answer}>
        <p class="small quiet">
          {t("request.decidedBy", {
            name: props.request.decidedBy ?? "",
            when: ago(props.request.decidedAt ?? 0, now()),
          })}
        </p>
      </Show>
      <Show when={props.request.answer}>
        <p class={styles.words}>
          <b>{props.request.decidedBy ?? t("request.answer")}:</b> {props.request.answer}
        </p>
      </Show>
      <ProblemNote problem={problem()} />
    </div>
  );
}
