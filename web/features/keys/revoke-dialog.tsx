// Asks before a key ends: whatever uses it stops working at once.
import { createEffect, createSignal, on, Show } from "solid-js";
import type { ApiKeyView } from "../../../worker/rules/views-people.ts";
import type { Problem } from "../../../worker/rules/views.ts";
import { problemOf } from "../../api.ts";
import { peopleApi } from "../../api-people.ts";
import { t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogBody } from "../../ui/dialog.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { useTenant } from "../frame/session.tsx";

export function RevokeDialog(props: { apiKey: ApiKeyView | null; onClose: () => void; onDone: () => void }) {
  const { id } = useTenant();
  const [busy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal<Problem | null>(null);
  createEffect(
    on(
      () => props.apiKey,
      () => setProblem(null),
    ),
  );
  async function revoke(key: ApiKeyView) {
    setBusy(true);
    try {
      await peopleApi.revokeKey(id(), key.id);
      props.onDone();
      props.onClose();
    } catch (thrown) {
      setProblem(problemOf(thrown));
    } finally {
      setBusy(false);
    }
  }
  return (
    <Dialog
      open={props.apiKey !== null}
      onClose={props.onClose}
      title={t("keys.revokeOf", { name: props.apiKey?.name ?? "" })}
    >
      <Show when={props.apiKey}>
        {(key) => (
          <DialogBody
            actions={
              <>
                <Button onClick={props.onClose}>{t("action.cancel")}</Button>
                <Button variant="danger" busy={busy()} onClick={() => revoke(key())}>
                  {t("keys.revoke")}
                </Button>
              </>
            }
          >
            <p>{t("keys.revokeHelp")}</p>
            <ProblemNote problem={problem()} />
          </DialogBody>
        )}
      </Show>
    </Dialog>
  );
}
