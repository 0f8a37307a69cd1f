// What becomes of a backup: a new service, or the one that it was made of as it was then. The latter asks for its name.
import { useNavigate } from "@solidjs/router";
import { createEffect, on, Show } from "solid-js";
import { nameProblem } from "../../../worker/rules/names.ts";
import { demandOfBackup, growthOfService, preview, previewLaunch } from "../../../worker/rules/quota.ts";
import type { BackupView } from "../../../worker/rules/views-copies.ts";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { copiesApi } from "../../api-copies.ts";
import { lifeApi } from "../../api-life.ts";
import { dateTime, t } from "../../i18n/language.ts";
import { sizeText } from "../../i18n/words.ts";
import { useQuota, useServices } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { Choices } from "../../ui/choices.tsx";
import { Dialog, DialogBody } from "../../ui/dialog.tsx";
import { CheckField, TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { ProblemNote } from "../../ui/problem.tsx";
import { faults } from "../account/checks.ts";
import { applyAccepted } from "../feed/apply.ts";
import { useTenant } from "../frame/session.tsx";
import { QuotaEffect } from "../quota/effect.tsx";
import { isChangeable } from "../services/possible.ts";
import { SnapshotsInTheWay } from "./in-the-way.tsx";
import { useSnapshots } from "./queries.ts";

/** Open while there is a backup. */
export function RestoreDialog(props: { tenantId: string; backup: BackupView | null; onClose: () => void }) {
  return (
    <Dialog
      open={props.backup !== null}
      onClose={props.onClose}
      title={t("restore.title", { name: props.backup?.service.name ?? "" })}
    >
      <Show when={props.backup}>{(backup) => <Form {...props} backup={backup()} />}</Show>
    </Dialog>
  );
}

interface FormProps {
  tenantId: string;
  backup: BackupView;
  onClose: () => void;
}

function Form(props: FormProps) {
  const { can } = useTenant();
  const navigate = useNavigate();
  const quota = useQuota(() => props.tenantId);
  const services = useServices(() => props.tenantId);
  /** The service that it was made of, while it is there and nothing else is done to it. */
  const original = () =>
    services.data?.services.find((service) => service.id === props.backup.service.id && isChangeable(service));
  const form = createForm(
    { where: "new" as "new" | "over", name: suggestedName(props.backup), confirm: "", safety: true },
    (values) => faults(values.where === "new" ? { name: nameProblem(values.name) } : {}),
  );
  const target = () => (form.values.where === "over" ? original() : undefined);
  const effect = () => {
    const rows = quota.data?.resources;
    if (!rows) return null;
    const over = target();
    if (!over) return { rows, preview: previewLaunch(rows, props.backup.size) };
    const demands = [
      ...growthOfService(over, props.backup.size),
      ...(form.values.safety ? demandOfBackup(over.diskGiB) : []),
    ];
    return demands.length === 0 ? null : { rows, preview: preview(rows, demands) };
  };
  const Effect = () => (
    <Show when={effect()}>{(shown) => <QuotaEffect quota={shown().rows} preview={shown().preview} />}</Show>
  );
  let key = crypto.randomUUID();
  createEffect(
    on(
      () => form.values.where,
      () => (key = crypto.randomUUID()),
      { defer: true },
    ),
  );

  async function submit(event: SubmitEvent) {
    const over = target();
    const done = await form.submit(event, async ({ name, confirm, safety }) => {
      const accepted = over
        ? await lifeApi.restoreOver(props.tenantId, props.backup.id, { confirm, safety }, key)
        : await copiesApi.restore(props.tenantId, props.backup.id, name, key);
      applyAccepted(props.tenantId, accepted);
      navigate(`/t/${props.tenantId}/services/${accepted.service.id}`);
    });
    if (done) props.onClose();
    else key = crypto.randomUUID();
  }

  return (
    <form novalidate onSubmit={submit}>
      <DialogBody
        actions={
          <>
            <Button onClick={props.onClose}>{t("action.cancel")}</Button>
            <Show
              when={target()}
              fallback={
                <Button type="submit" variant="primary" busy={form.busy()}>
                  {t("backups.restore")}
                </Button>
              }
            >
              {(over) => <OverButton service={over()} confirm={form.values.confirm} busy={form.busy()} />}
            </Show>
          </>
        }
      >
        <div>
          <p>{t("restore.asOf", { at: dateTime(props.backup.createdAt) })}</p>
          <p class="small quiet figures">{sizeText(props.backup.size)}</p>
        </div>
        <Show when={original() && can("service.delete")}>
          <Choices
            label={t("restore.where")}
            value={form.values.where}
            onValue={(where) => form.set("where", where)}
            options={[
              { value: "new", label: t("restore.new"), text: t("restore.newText") },
              {
                value: "over",
                label: t("restore.over", { name: props.backup.service.name }),
                text: t("restore.overText"),
              },
            ]}
          />
        </Show>
        <Show
          when={target()}
          fallback={
            <TextField
              label={t("copies.newName")}
              name="name"
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
              value={form.values.name}
              onValue={(value) => form.set("name", value)}
              error={form.error("name")}
              autofocus
            />
          }
        >
          {(over) => (
            <SnapshotsInTheWay service={over()}>
              <CheckField
                label={t("restore.safety")}
                hint={t("restore.safetyHint")}
                name="safety"
                checked={form.values.safety}
                onChecked={(safety) => form.set("safety", safety)}
              />
              <TextField
                label={t("delete.typeName", { name: over().name })}
                name="confirm"
                value={form.values.confirm}
                onValue={(value) => form.set("confirm", value)}
                autocomplete="off"
                autocapitalize="none"
                spellcheck={false}
                mono
              />
              <Effect />
            </SnapshotsInTheWay>
          )}
        </Show>
        <Show when={!target()}>
          <Effect />
        </Show>
        <ProblemNote problem={form.problem()} />
      </DialogBody>
    </form>
  );
}

/** Shut until the name is typed and no snapshot is in the way. */
function OverButton(props: { service: ServiceView; confirm: string; busy: boolean }) {
  const { id } = useTenant();
  const snapshots = useSnapshots(id, () => props.service.id);
  return (
    <Button
      type="submit"
      variant="danger"
      busy={props.busy}
      disabled={props.confirm !== props.service.name || (snapshots.data?.snapshots.length ?? 0) > 0}
    >
      {t("restore.overConfirm")}
    </Button>
  );
}

function suggestedName({ service }: BackupView): string {
  return service.deleted ? service.name : `${service.name.slice(0, 31)}-restored`;
}
