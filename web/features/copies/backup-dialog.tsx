// Making a backup, or changing what is said of one: notes, protection, and what it takes of the quota.
import { createEffect, on, Show } from "solid-js";
import { noteProblem } from "../../../worker/rules/names.ts";
import { demandOfBackup, preview } from "../../../worker/rules/quota.ts";
import type { BackupView } from "../../../worker/rules/views-copies.ts";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { copiesApi, type BackupBody } from "../../api-copies.ts";
import { t } from "../../i18n/language.ts";
import { keys, queryClient, useQuota } from "../../queries.ts";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { AreaField, CheckField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { faults } from "../account/checks.ts";
import { applyAccepted } from "../feed/apply.ts";
import { QuotaEffect } from "../quota/effect.tsx";

/** What the dialog is about: a service that is to be backed up, or a backup that is there. */
export type BackupSubject = { service: ServiceView } | { backup: BackupView };

export function BackupDialog(props: { tenantId: string; subject: BackupSubject | null; onClose: () => void }) {
  const quota = useQuota(() => props.tenantId);
  const form = createForm<BackupBody>({ notes: "", protected: false }, (values) =>
    faults({ notes: noteProblem(values.notes) }),
  );
  const service = () => (props.subject && "service" in props.subject ? props.subject.service : null);
  const backup = () => (props.subject && "backup" in props.subject ? props.subject.backup : null);
  let key = "";
  createEffect(
    on(
      () => props.subject,
      () => {
        form.reset({ notes: backup()?.notes ?? "", protected: backup()?.protected ?? false });
        key = crypto.randomUUID();
      },
    ),
  );

  async function submit(event: SubmitEvent) {
    const [made, known] = [service(), backup()];
    const done = await form.submit(event, async (values) => {
      if (made) applyAccepted(props.tenantId, await copiesApi.backUp(props.tenantId, made.id, values, key));
      if (known) await copiesApi.editBackup(props.tenantId, known.id, values);
    });
    if (!done) {
      key = crypto.randomUUID();
      return;
    }
    void queryClient.invalidateQueries({ queryKey: keys.backups(props.tenantId) });
    props.onClose();
  }

  return (
    <Dialog
      open={props.subject !== null}
      onClose={props.onClose}
      title={
        service()
          ? t("backups.makeOf", { name: service()?.name ?? "" })
          : t("backups.editOf", { name: backup()?.service.name ?? "" })
      }
    >
      <DialogForm
        form={form}
        onSubmit={submit}
        onClose={props.onClose}
        confirm={t(service() ? "backups.make" : "action.save")}
      >
        <AreaField
          label={t("backups.notes")}
          name="notes"
          prose
          optional
          rows={3}
          maxLength={400}
          value={form.values.notes}
          onValue={(value) => form.set("notes", value)}
          error={form.error("notes")}
          autofocus
        />
        <CheckField
          label={t("backups.protect")}
          hint={t("backups.protectHint")}
          name="protected"
          checked={form.values.protected}
          onChecked={(checked) => form.set("protected", checked)}
        />
        <Show when={service()}>
          {(subject) => (
            <Show when={quota.data}>
              {(data) => (
                <>
                  <QuotaEffect
                    quota={data().resources}
                    preview={preview(data().resources, demandOfBackup(subject().diskGiB))}
                  />
                  <p class="small quiet">{t("backups.chargeHint")}</p>
                </>
              )}
            </Show>
          )}
        </Show>
      </DialogForm>
    </Dialog>
  );
}
