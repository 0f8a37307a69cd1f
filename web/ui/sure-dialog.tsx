// The question before something that cannot be taken back: what happens, and one button that sends one request.
import { createEffect, createMemo, createSignal, on, Show } from "solid-js";
import type { Problem } from "../../worker/rules/views.ts";
import { problemOf } from "../api.ts";
import { t } from "../i18n/language.ts";
import { Button } from "./button.tsx";
import { Dialog, DialogBody } from "./dialog.tsx";
import { ProblemNote } from "./problem.tsx";

export interface Sure {
  title: string;
  /** What it is done to, where the title does not say it. */
  what?: string;
  /** What happens. */
  text: string;
  confirm: string;
  /** Word for letting it be; "Cancel" where there is none. */
  cancel?: string;
  act: () => Promise<unknown>;
}

/** Open while there is a question; `a && b` in JSX gives false where there is none. */
export function SureDialog(props: { question: Sure | null | false; onClose: () => void }) {
  const [busy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal<Problem | null>(null);
  // What the question is about may be told anew while it is open: the refusal stays until it closes.
  const isOpen = createMemo(() => Boolean(props.question));
  createEffect(on(isOpen, () => setProblem(null)));

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
    <Dialog open={isOpen()} onClose={props.onClose} title={props.question ? props.question.title : ""}>
      <Show when={props.question}>
        {(question) => (
          <DialogBody
            actions={
              <>
                <Button onClick={props.onClose}>{question().cancel ?? t("action.cancel")}</Button>
                <Button variant="danger" busy={busy()} onClick={() => void go(question())}>
                  {question().confirm}
                </Button>
              </>
            }
          >
            <Show when={question().what}>
              <p>
                <b>{question().what}</b>
              </p>
            </Show>
            <p>{question().text}</p>
            <ProblemNote problem={problem()} />
          </DialogBody>
        )}
      </Show>
    </Dialog>
  );
}
