// Asks before an operation is called off: what it has done so far is undone.
import { createEffect, createSignal, on, Show } from "solid-js";
import type { OperationView, Problem } from "../../../worker/rules/views.ts";
import { lifeApi } from "../../api-life.ts";
import { problemOf } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { operationTitle } from "../../i18n/words.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogBody } from "../../ui/dialog.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { applyEvent } from "../feed/apply.ts";

export function CancelDialog(props: { tenantId: string; operation: OperationView | null; onClose: () => void }) {
  const [problem, setProblem] = createSignal<Problem | null>(null);
  const [busy, setBusy] = createSignal(false);
  createEffect(
    on(
      () => props.operation?.id,
      () => setProblem(null),
    ),
  );

  async function cancel(operation: OperationView) {
    setBusy(true);
    try {
      const answer = await lifeApi.cancel(props.tenantId, operation.id);
      applyEvent(props.tenantId, { type: "operation", operation: answer.operation });
      props.onClose();
    } catch (thrown) {
      setProblem(problemOf(thrown));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog open={props.operation !== null} onClose={props.onClose} title={t("cancel.title")}>
      <Show when={props.operation}>
        {(operation) => (
          <DialogBody
            actions={
              <>
                <Button onClick={props.onClose}>{t("cancel.goOn")}</Button>
                <Button variant="danger" busy={busy()} onClick={() => void cancel(operation())}>
                  {t("cancel.confirm")}
                </Button>
              </>
            }
          >
            <p>
              <b>{operationTitle(operation())}</b>
            </p>
            <p>{t("cancel.text")}</p>
            <ProblemNote problem={problem()} />
          </DialogBody>
        )}
      </Show>
    </Dialog>
  );
}
