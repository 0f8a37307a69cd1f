// The two questions asked before a service is harmed: type its name to delete it, confirm to cut its power.
import { createEffect, createSignal, on, Show } from "solid-js";
import type { Problem, ServiceView } from "../../../worker/rules/views.ts";
import { api, problemOf } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogBody } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { applyAccepted } from "../feed/apply.ts";

interface Props {
  tenantId: string;
  /** The service in question; null keeps the dialog closed. */
  service: ServiceView | null;
  onClose: () => void;
}

export function DeleteDialog(props: Props & { onDeleted?: () => void }) {
  const [typed, setTyped] = createSignal("");
  const [problem, setProblem] = createSignal<Problem | null>(null);
  const [busy, setBusy] = createSignal(false);
  // One key for one opening of the dialog, so that a repeated click is the same request.
  let key = "";
  createEffect(
    on(
      () => props.service?.id,
      () => {
        setTyped("");
        setProblem(null);
        key = crypto.randomUUID();
      },
    ),
  );

  async function submit(event: SubmitEvent, service: ServiceView) {
    event.preventDefault();
    if (busy() || typed() !== service.name) return;
    setBusy(true);
    try {
      const accepted = await api.remove(props.tenantId, service.id, typed(), key);
      applyAccepted(props.tenantId, accepted);
      props.onClose();
      props.onDeleted?.();
    } catch (thrown) {
      const refusal = problemOf(thrown);
      if (refusal.status >= 400 && refusal.status < 500) key = crypto.randomUUID();
      setProblem(refusal);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog open={props.service !== null} onClose={props.onClose} title={props.service ? title(props.service) : ""}>
      <Show when={props.service}>
        {(service) => (
          <form onSubmit={(event) => submit(event, service())}>
            <DialogBody
              actions={
                <>
                  <Button onClick={props.onClose}>{t("action.cancel")}</Button>
                  <Button type="submit" variant="danger" busy={busy()} disabled={typed() !== service().name}>
                    {t(service().state === "failed" ? "delete.confirmFailed" : "delete.confirm")}
                  </Button>
                </>
              }
            >
              <p>{t(service().state === "failed" ? "delete.textFailed" : "delete.text")}</p>
              <TextField
                label={t("delete.typeName", { name: service().name })}
                value={typed()}
                onValue={setTyped}
                autocomplete="off"
                autocapitalize="none"
                spellcheck={false}
                mono
                autofocus
              />
              <ProblemNote problem={problem()} />
            </DialogBody>
          </form>
        )}
      </Show>
    </Dialog>
  );
}

export function StopDialog(props: Omit<Props, "tenantId"> & { onConfirm: (service: ServiceView) => void }) {
  return (
    <Dialog
      open={props.service !== null}
      onClose={props.onClose}
      title={t("stop.title", { name: props.service?.name ?? "" })}
    >
      <Show when={props.service}>
        {(service) => (
          <DialogBody
            actions={
              <>
                <Button onClick={props.onClose}>{t("action.cancel")}</Button>
                <Button
                  variant="danger"
                  onClick={() => {
                    props.onConfirm(service());
                    props.onClose();
                  }}
                >
                  {t("stop.confirm")}
                </Button>
              </>
            }
          >
            <p>{t("stop.text")}</p>
          </DialogBody>
        )}
      </Show>
    </Dialog>
  );
}

function title(service: ServiceView): string {
  return t(service.state === "failed" ? "delete.titleFailed" : "delete.title", { name: service.name });
}
