// An operation as it goes: its steps with the time each takes, and what it came to.
import { A, useNavigate } from "@solidjs/router";
import CircleX from "lucide-solid/icons/circle-x";
import RotateCw from "lucide-solid/icons/rotate-cw";
import { createSignal, For, Show } from "solid-js";
import type { OperationView, Problem, ServiceView } from "../../../worker/rules/views.ts";
import { api, problemOf } from "../../api.ts";
import { duration, t, tCount, type Key } from "../../i18n/language.ts";
import { isCalledOff, operationTitle, presentStep, problemWords, stepName } from "../../i18n/words.ts";
import { Button } from "../../ui/button.tsx";
import { useNow } from "../../ui/clock.ts";
import { ProblemNote } from "../../ui/problem.tsx";
import { Mark, OperationMark } from "../../ui/status.tsx";
import { applyAccepted } from "../feed/apply.ts";
import { hasEnded } from "../feed/merge.ts";
import { useTenant } from "../frame/session.tsx";
import {
  actionIcons,
  actionName,
  possibleActions,
  useServiceActions,
  type ServiceAction,
} from "../services/actions.tsx";
import { CancelDialog } from "./cancel-dialog.tsx";
import styles from "./operations.module.css";

interface ProgressProps {
  operation: OperationView;
  service: ServiceView | null;
  tenantId: string;
  /** Without the headline, where the page has it already. */
  bare?: boolean;
}

export function OperationProgress(props: ProgressProps) {
  const now = useNow();
  const elapsed = () => (props.operation.endedAt ?? now()) - props.operation.startedAt;
  return (
    <div
      class={styles.progress}
      data-operation-id={props.operation.id}
      data-operation-status={props.operation.status}
      aria-live="polite"
    >
      <header class={styles.progressHead}>
        <h2 class={props.bare ? "visually-hidden" : ""}>{operationTitle(props.operation)}</h2>
        <OperationMark operation={props.operation} />
        <span class={`${styles.elapsed} figures`} aria-live="off">
          {duration(elapsed())}
        </span>
        <Cancel operation={props.operation} tenantId={props.tenantId} />
      </header>
      <ol class={styles.steps}>
        <For each={props.operation.steps}>{(step) => <Step step={step} ahead={props.operation.ahead} />}</For>
      </ol>
      <Failure {...props} />
    </div>
  );
}

function Step(props: { step: OperationView["steps"][number]; ahead: number }) {
  const now = useNow();
  const shape = () => STEP_SHAPES[props.step.status];
  return (
    <li class={styles.step} data-step={props.step.name} data-status={props.step.status}>
      <Mark shape={shape()} />
      <span>{stepName(props.step.name)}</span>
      <Show when={props.step.status === "running" && props.ahead > 0}>
        <span class="small quiet figures">{tCount("operation.ahead", props.ahead)}</span>
      </Show>
      <Show when={props.step.status === "undone"}>
        <span class="small">{t("step.undone")}</span>
      </Show>
      <span class="visually-hidden">{t(`step.status.${props.step.status}` as Key)}</span>
      <Show when={props.step.startedAt !== null}>
        <span class={`${styles.elapsed} small figures`} aria-hidden="true">
          {duration((props.step.endedAt ?? now()) - (props.step.startedAt ?? 0))}
        </span>
      </Show>
    </li>
  );
}

const STEP_SHAPES = { pending: "ring", running: "turn", done: "tick", failed: "triangle", undone: "square" } as const;

/** What went wrong, that everything was given back, and the way to try again. */
function Failure(props: ProgressProps) {
  const navigate = useNavigate();
  const { canChange } = useTenant();
  const [busy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal<Problem | null>(null);
  /** It came about all the same: what is told is of a script on the way. */
  const hasStumbled = () => props.operation.status === "succeeded";
  let key = crypto.randomUUID();

  async function retry() {
    setBusy(true);
    setProblem(null);
    try {
      const accepted = await api.retry(props.tenantId, props.operation.id, key);
      applyAccepted(props.tenantId, accepted);
      navigate(`/t/${props.tenantId}/operations/${accepted.operation.id}`);
    } catch (thrown) {
      const refusal = problemOf(thrown);
      if (refusal.status >= 400 && refusal.status < 500) key = crypto.randomUUID();
      setProblem(refusal);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Show when={props.operation.error}>
      {(error) => (
        <div class={styles.failure} data-error={error().code} data-stumbled={hasStumbled()}>
          <Show when={hasStumbled()}>
            <strong>{t("scripts.stumbled")}</strong>
          </Show>
          <b>{problemWords(error().code, error().params).what}</b>
          <p>{problemWords(error().code, error().params).help}</p>
          <Show when={props.operation.status === "reverting"}>
            <p>{t("operation.givingBack")}</p>
          </Show>
          <Show when={props.operation.status === "reverted" && !isCalledOff(props.operation)}>
            <p>{t(MAKES.includes(props.operation.kind) ? "operation.givenBack" : "operation.asBefore")}</p>
          </Show>
          <Show when={props.operation.status !== "reverting" && error().code === "shutdown_ignored" && props.service}>
            {(service) => <Force service={service()} kind={props.operation.kind} />}
          </Show>
          <Show when={props.operation.retryable && hasEnded(props.operation) && canChange()}>
            <Button variant="primary" icon={RotateCw} busy={busy()} onClick={retry}>
              {t("action.tryAgain")}
            </Button>
          </Show>
          <ProblemNote problem={problem()} />
          <small class="quiet mono">{props.operation.id}</small>
        </div>
      )}
    </Show>
  );
}

/** Kinds that leave nothing at all where they come to nothing. */
const MAKES: readonly OperationView["kind"][] = ["launch", "clone", "restore"];

/** The ways left with a guest that did not obey. */
function Force(props: { service: ServiceView; kind: OperationView["kind"] }) {
  const { tenant } = useTenant();
  const actions = useServiceActions(tenant);
  // Whoever wanted it to start again can have that by force, too.
  const wanted: readonly ServiceAction[] = props.kind === "reboot" ? ["reset", "stop"] : ["stop"];
  const left = () => possibleActions(props.service, tenant()).filter((action) => wanted.includes(action));
  return (
    <div class={styles.buttons}>
      <For each={left()}>
        {(action) => (
          <Button variant="danger" icon={actionIcons[action]} onClick={() => actions.run(props.service, action)}>
            {actionName(action, props.service)}
          </Button>
        )}
      </For>
    </div>
  );
}

/** Calls it off, while that still leads to something. */
function Cancel(props: { operation: OperationView; tenantId: string }) {
  const { can } = useTenant();
  const [asking, setAsking] = createSignal(false);
  return (
    <>
      <Show when={props.operation.cancellable && !hasEnded(props.operation) && can("service.power")}>
        <Button small icon={CircleX} onClick={() => setAsking(true)}>
          {t("cancel.confirm")}
        </Button>
      </Show>
      <CancelDialog
        tenantId={props.tenantId}
        operation={asking() && !hasEnded(props.operation) ? props.operation : null}
        onClose={() => setAsking(false)}
      />
    </>
  );
}

/** One quiet line for rows: the step under way and how long the whole has taken. */
export function ProgressLine(props: { operation: OperationView; href: string }) {
  const now = useNow();
  const next = () => props.operation.steps.find((candidate) => candidate.status === "pending");
  const step = () => presentStep(props.operation) ?? (next() ? stepName(next()?.name ?? "") : null);
  const done = () => props.operation.steps.filter((candidate) => candidate.status === "done").length;
  return (
    <A href={props.href} class={styles.line} data-operation-status={props.operation.status}>
      <progress max={props.operation.steps.length} value={done()} aria-label={operationTitle(props.operation)} />
      <span class="small figures">
        {step() ?? t("operation.status.running")} · {duration(now() - props.operation.startedAt)}
      </span>
    </A>
  );
}
