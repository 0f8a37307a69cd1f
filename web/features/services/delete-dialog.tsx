// The question before a service is deleted: when, and its name to be typed.
import { createSignal, Show } from "solid-js";
import type { Problem, ServiceView } from "../../../worker/rules/views.ts";
import { api, problemOf } from "../../api.ts";
import { dateTime, inUnits, t } from "../../i18n/language.ts";
import { Choices } from "../../ui/choices.tsx";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { onChange } from "../../ui/form.ts";
import { applyAccepted } from "../feed/apply.ts";

interface Props {
  tenantId: string;
  /** The service in question; null keeps the dialog closed. */
  service: ServiceView | null;
  onClose: () => void;
}

export function DeleteDialog(props: Props) {
  const [typed, setTyped] = createSignal("");
  const [grace, setGrace] = createSignal<Grace>("0");
  const [problem, setProblem] = createSignal<Problem | null>(null);
  const [busy, setBusy] = createSignal(false);
  // One key for one opening of the dialog, so that a repeated click is the same request.
  let key = crypto.randomUUID();
  onChange(
    () => props.service?.id ?? null,
    () => {
      setTyped("");
      setGrace("0");
      setProblem(null);
      key = crypto.randomUUID();
    },
  );

  async function submit(event: SubmitEvent, service: ServiceView) {
    event.preventDefault();
    if (busy() || typed() !== service.name) return;
    setBusy(true);
    try {
      const accepted = await api.remove(props.tenantId, service.id, typed(), key, Number(grace()));
      applyAccepted(props.tenantId, accepted);
      props.onClose();
    } catch (thrown) {
      const refusal = problemOf(thrown);
      if (refusal.status >= 400 && refusal.status < 500) key = crypto.randomUUID();
      setProblem(refusal);
    } finally {
      setBusy(false);
    }
  }

  const what = (service: ServiceView) => {
    if (service.state === "failed") return t("delete.textFailed");
    if (grace() === "0") return t("delete.text");
    return t("delete.textLater", { at: dateTime(Date.now() + Number(grace()) * DAY_MS) });
  };

  return (
    <Dialog open={props.service !== null} onClose={props.onClose} title={props.service ? title(props.service) : ""}>
      <Show when={props.service}>
        {(service) => (
          <DialogForm
            form={{ busy, problem }}
            onSubmit={(event) => submit(event, service())}
            onClose={props.onClose}
            confirm={t(
              service().state === "failed"
                ? "delete.confirmFailed"
                : grace() === "0"
                  ? "delete.confirm"
                  : "delete.confirmLater",
            )}
            danger
            disabled={typed() !== service().name}
          >
            <Show when={mayWait(service())}>
              <Choices
                label={t("delete.when")}
                value={grace()}
                onValue={setGrace}
                options={GRACES.map((days) => ({
                  value: days,
                  label: days === "0" ? t("delete.atOnce") : t("expiry.in", { time: inUnits(Number(days), "day") }),
                }))}
              />
            </Show>
            <p>{what(service())}</p>
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
          </DialogForm>
        )}
      </Show>
    </Dialog>
  );
}

/** What has failed holds nothing, and what is to go already has its date. */
function mayWait(service: ServiceView): boolean {
  return service.state !== "failed" && service.deleteAt === null;
}

const DAY_MS = 24 * 3_600_000;
/** Days for which it can still be kept. */
const GRACES = ["0", "1", "7", "30"] as const;
type Grace = (typeof GRACES)[number];

function title(service: ServiceView): string {
  return t(service.state === "failed" ? "delete.titleFailed" : "delete.title", { name: service.name });
}
