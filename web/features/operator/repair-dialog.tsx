// Asks before a repair; one that removes something for good wants the thing's name typed.
import { createEffect, on, Show } from "solid-js";
import { REMOVALS, type FindingView, type Repair } from "../../../worker/rules/views-findings.ts";
import { auditApi } from "../../api-people.ts";
import { t } from "../../i18n/language.ts";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { showToast } from "../../ui/toast.tsx";

interface Asked {
  finding: FindingView;
  repair: Repair;
}

export function RepairDialog(props: { asked: Asked | null; onClose: () => void; onDone: () => void }) {
  const form = createForm({ confirm: "" });
  createEffect(
    on(
      () => props.asked,
      () => form.reset(),
    ),
  );
  const removes = (asked: Asked) => REMOVALS.includes(asked.repair);

  async function submit(event: SubmitEvent, asked: Asked) {
    const done = await form.submit(event, (values) =>
      auditApi.repairFinding(asked.finding.id, asked.repair, removes(asked) ? values.confirm : undefined),
    );
    if (!done) return;
    showToast({ tone: "good", text: t("findings.repaired") });
    props.onDone();
    props.onClose();
  }

  return (
    <Dialog
      open={props.asked !== null}
      onClose={props.onClose}
      title={props.asked ? t(`repair.${props.asked.repair}`) : ""}
    >
      <Show when={props.asked}>
        {(asked) => (
          <DialogForm
            form={form}
            onSubmit={(event) => submit(event, asked())}
            onClose={props.onClose}
            confirm={t(`repair.${asked().repair}`)}
            danger={removes(asked())}
            disabled={removes(asked()) && form.values.confirm !== asked().finding.subject}
          >
            <p>{t(`repair.help.${asked().repair}`)}</p>
            <Show when={removes(asked())}>
              <TextField
                label={t("delete.typeName", { name: asked().finding.subject })}
                name="confirm"
                autocomplete="off"
                mono
                value={form.values.confirm}
                onValue={(value) => form.set("confirm", value)}
                error={form.error("confirm")}
              />
            </Show>
          </DialogForm>
        )}
      </Show>
    </Dialog>
  );
}
