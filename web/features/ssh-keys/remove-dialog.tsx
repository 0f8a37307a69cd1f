// Asks before a kept key is forgotten, and says what that does not do.
import { createEffect, createSignal, on, Show } from "solid-js";
import type { SshKeyView } from "../../../worker/rules/views-automation.ts";
import type { Problem } from "../../../worker/rules/views.ts";
import { lifeApi } from "../../api-life.ts";
import { problemOf } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { keys, queryClient } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogBody } from "../../ui/dialog.tsx";
import { ProblemNote } from "../../ui/problem.tsx";

export function RemoveKeyDialog(props: { sshKey: SshKeyView | null; onClose: () => void }) {
  const [busy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal<Problem | null>(null);
  createEffect(
    on(
      () => props.sshKey,
      () => setProblem(null),
    ),
  );
  async function remove(key: SshKeyView) {
    setBusy(true);
    try {
      await lifeApi.removeSshKey(key.id);
      await queryClient.invalidateQueries({ queryKey: keys.sshKeys });
      props.onClose();
    } catch (thrown) {
      setProblem(problemOf(thrown));
    } finally {
      setBusy(false);
    }
  }
  return (
    <Dialog
      open={props.sshKey !== null}
      onClose={props.onClose}
      title={t("sshKeys.removeTitle", { name: props.sshKey?.name ?? "" })}
    >
      <Show when={props.sshKey}>
        {(key) => (
          <DialogBody
            actions={
              <>
                <Button onClick={props.onClose}>{t("action.cancel")}</Button>
                <Button variant="danger" busy={busy()} onClick={() => void remove(key())}>
                  {t("sshKeys.remove")}
                </Button>
              </>
            }
          >
            <p>{t("sshKeys.removeText")}</p>
            <ProblemNote problem={problem()} />
          </DialogBody>
        )}
      </Show>
    </Dialog>
  );
}
