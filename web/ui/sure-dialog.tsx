// The question before something is taken away that is done at once, without an operation: what happens, and one button.
import { createEffect, createSignal, on, Show } from "solid-js";
import type { Problem } from "../../worker/rules/views.ts";
import { problemOf } from "../api.ts";
import { t } from "../i18n/language.ts";
import { Button } from "./button.tsx";
import { Dialog, DialogBody } from "./dialog.tsx";
import { ProblemNote } from "./problem.tsx";

export interface Sure {
  title: string;
  text: string;
  confirm: string;
  act: () => Promise<unknown>;
}

/** Open while there is a question. */
export function SureDialog(props: { question: Sure | null; onClose: () => void }) {
  const [busy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal<Problem | null>(null);
  createEffect(
    on(
      () => props.question,
      () => setProblem(null),
    ),
  );

  async function go(question: Sure) {
    setBusy(true);
    setProblem(null);
    try {
      await question.act();
    } catch (thrown) {
      setProblem(problemOf(thrown));
      return;
    } finally {
      setBusy(false);
    }
    props.onClose();
  }

  return (
    <Dialog open={props.question !== null} onClose={props.onClose} title={props.question?.title ?? ""}>
      <Show when={props.question}>
        {(question) => (
          <DialogBody
            actions={
              <>
                <Button onClick={props.onClose}>{t("action.cancel")}</Button>
                <Button variant="danger" busy={busy()} onClick={() => void go(question())}>
                  {question().confirm}
                </Button>
              </>
            }
          >
            <p>{question().text}</p>
            <ProblemNote problem={problem()} />
          </DialogBody>
        )}
      </Show>
    </Dialog>
  );
}
