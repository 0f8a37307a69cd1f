// Taking a snapshot: its name, what is said of it, with or without memory, and what it takes of the quota.
import { createEffect, on, Show } from "solid-js";
import { noteProblem, snapshotNameProblem } from "../../../worker/rules/names.ts";
import { demandOfSnapshot, preview } from "../../../worker/rules/quota.ts";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { copiesApi } from "../../api-copies.ts";
import { t } from "../../i18n/language.ts";
import { useQuota } from "../../queries.ts";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { AreaField, CheckField, TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { faults } from "../account/checks.ts";
import { applyAccepted } from "../feed/apply.ts";
import { QuotaEffect } from "../quota/effect.tsx";

interface Props {
  tenantId: string;
  service: ServiceView;
  open: boolean;
  /** Names that are taken. */
  taken: readonly string[];
  onClose: () => void;
}

export function SnapshotDialog(props: Props) {
  const quota = useQuota(() => props.tenantId);
  // Memory belongs to a machine that runs; a container's is not its own.
  const hasMemory = () => props.service.kind === "vm" && props.service.power === "running";
  const form = createForm({ name: "", description: "", withMemory: false }, (values) =>
    faults({
      name: snapshotNameProblem(values.name) ?? (props.taken.includes(values.name) ? "snapshot_taken" : null),
      description: noteProblem(values.description),
    }),
  );
  let key = "";
  createEffect(
    on(
      () => props.open,
      (open) => {
        if (!open) return;
        form.reset({ name: nameOfNow(Date.now()), description: "", withMemory: false });
        key = crypto.randomUUID();
      },
    ),
  );

  async function submit(event: SubmitEvent) {
    const done = await form.submit(event, async (values) => {
      const body = { ...values, withMemory: values.withMemory && hasMemory() };
      applyAccepted(props.tenantId, await copiesApi.takeSnapshot(props.tenantId, props.service.id, body, key));
    });
    if (done) props.onClose();
    else key = crypto.randomUUID();
  }

  return (
    <Dialog open={props.open} onClose={props.onClose} title={t("snapshots.takeOf", { name: props.service.name })}>
      <DialogForm form={form} onSubmit={submit} onClose={props.onClose} confirm={t("snapshots.take")}>
        <TextField
          label={t("snapshots.name")}
          hint={t("snapshots.nameHint")}
          name="name"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          maxLength={40}
          value={form.values.name}
          onValue={(value) => form.set("name", value)}
          error={form.error("name")}
          autofocus
        />
        <AreaField
          label={t("snapshots.description")}
          name="description"
          prose
          optional
          rows={2}
          maxLength={400}
          value={form.values.description}
          onValue={(value) => form.set("description", value)}
          error={form.error("description")}
        />
        <Show when={hasMemory()}>
          <CheckField
            label={t("snapshots.withMemory")}
            hint={t(form.values.withMemory ? "snapshots.memoryHint" : "snapshots.noMemoryHint")}
            name="withMemory"
            checked={form.values.withMemory}
            onChecked={(checked) => form.set("withMemory", checked)}
          />
        </Show>
        <Show when={quota.data}>
          {(data) => <QuotaEffect quota={data().resources} preview={preview(data().resources, demandOfSnapshot())} />}
        </Show>
      </DialogForm>
    </Dialog>
  );
}

/** A name that is free unless two are taken in one minute: `snap-2026-11-21-0535`. */
function nameOfNow(now: number): string {
  const local = new Date(now - new Date(now).getTimezoneOffset() * 60_000).toISOString();
  return `snap-${local.slice(0, 10)}-${local.slice(11, 16).replace(":", "")}`;
}
