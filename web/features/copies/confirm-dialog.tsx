// The question before something is lost: what will be gone, a name to type where the loss is great, one request.
import { createEffect, createSignal, on, Show } from "solid-js";
import type { Accepted, Problem } from "../../../worker/rules/views.ts";
import { problemOf } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { applyAccepted } from "../feed/apply.ts";

export interface Question {
  title: string;
  /** What happens, one paragraph each. */
  text: readonly string[];
  confirm: string;
  /** What has to be typed first. */
  typed?: string;
  request: (key: string) => Promise<Accepted>;
}

/** Open while there is a question. */
export function ConfirmDialog(props: { tenantId: string; question: Question | null; onClose: () => void }) {
  const [typed, setTyped] = createSignal("");
  const [problem, setProblem] = createSignal<Problem | null>(null);
  const [busy, setBusy] = createSignal(false);
  // One key for one opening of the dialog, so that a repeated click is the same request.
  let key = "";
  createEffect(
    on(
      () => props.question,
      () => {
        setTyped("");
        setProblem(null);
        key = crypto.randomUUID();
      },
    ),
  );

  async function submit(event: SubmitEvent, question: Question) {
    event.preventDefault();
    if (busy() || !isConfirmed(question)) return;
    setBusy(true);
    try {
      applyAccepted(props.tenantId, await question.request(key));
      props.onClose();
    } catch (thrown) {
      const refusal = problemOf(thrown);
      if (refusal.status >= 400 && refusal.status < 500) key = crypto.randomUUID();
      setProblem(refusal);
    } finally {
      setBusy(false);
    }
  }
  const isConfirmed = (question: Question) => question.typed === undefined || typed() === question.typed;

  return (
    <Dialog open={props.question !== null} onClose={props.onClose} title={props.question?.title ?? ""}>
      <Show when={props.question}>
        {(question) => (
          <DialogForm
            form={{ busy, problem }}
            onSubmit={(event) => submit(event, question())}
            onClose={props.onClose}
            confirm={question().confirm}
            danger
            disabled={!isConfirmed(question())}
          >
            {question().text.map((line) => (
              <p>{line}</p>
            ))}
            <Show when={question().typed}>
              {(name) => (
                <TextField
                  label={t("delete.typeName", { name: name() })}
                  value={typed()}
                  onValue={setTyped}
                  autocomplete="off"
                  autocapitalize="none"
                  spellcheck={false}
                  mono
                  autofocus
                />
              )}
            </Show>
          </DialogForm>
        )}
      </Show>
    </Dialog>
  );
}
