// The questions before a tenant below is suspended, deleted or turned away; its limits have a file of their own.
import { createEffect, on, Show } from "solid-js";
import { treeApi } from "../../api-tree.ts";
import { t } from "../../i18n/language.ts";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { CheckField, TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { showToast } from "../../ui/toast.tsx";
import { refreshTree, type Above } from "./above.ts";
import { asking, stopAsking, type ChildRef, type Deed } from "./child-actions.tsx";
import { LimitsDialog } from "./limits-dialog.tsx";

/** All of them; stands once on each page that offers the deeds. */
export function ChildDialogs(props: { above: Above }) {
  return (
    <>
      <LimitsDialog above={props.above} child={asked("limits")} />
      <SuspendDialog above={props.above} child={asked("suspend")} />
      <DeclineDialog above={props.above} child={asked("decline")} />
      <DeleteDialog above={props.above} child={asked("delete")} />
    </>
  );
}

function asked(deed: Deed): ChildRef | null {
  const now = asking();
  return now?.deed === deed ? now.child : null;
}

interface DialogProps {
  above: Above;
  child: ChildRef | null;
}

/** What all three have in common: a form that is empty each time, one request, a word at the end. */
function createDeed<T extends object>(
  props: DialogProps,
  initial: T,
  request: (child: ChildRef, values: T) => Promise<unknown>,
  done: (child: ChildRef) => string,
) {
  const form = createForm<T>(initial);
  createEffect(
    on(
      () => props.child?.id,
      () => form.reset(),
    ),
  );
  const submit = async (event: SubmitEvent) => {
    const { child } = props;
    if (!child) return;
    if (!(await form.submit(event, (values) => request(child, values)))) return;
    showToast({ tone: "good", text: done(child) });
    refreshTree(props.above.id());
    stopAsking();
  };
  return { form, submit };
}

function SuspendDialog(props: DialogProps) {
  const { form, submit } = createDeed(
    props,
    { reason: "", shutDown: false },
    (child, values) =>
      treeApi.suspend(props.above.id(), child.id, { reason: values.reason.trim(), shutDown: values.shutDown }),
    (child) => t("suspend.done", { name: child.name }),
  );
  return (
    <Dialog
      open={props.child !== null}
      onClose={stopAsking}
      title={t("suspend.title", { name: props.child?.name ?? "" })}
    >
      <DialogForm form={form} onSubmit={submit} onClose={stopAsking} confirm={t("suspend.confirm")} danger>
        <p>{t("suspend.text")}</p>
        <TextField
          label={t("suspend.reason")}
          hint={t("suspend.reasonHint")}
          name="reason"
          optional
          maxLength={400}
          value={form.values.reason}
          onValue={(value) => form.set("reason", value)}
          error={form.error("reason")}
          autofocus
        />
        <CheckField
          label={t("suspend.shutDown")}
          hint={t("suspend.shutDownHint")}
          name="shutDown"
          checked={form.values.shutDown}
          onChecked={(value) => form.set("shutDown", value)}
        />
      </DialogForm>
    </Dialog>
  );
}

function DeclineDialog(props: DialogProps) {
  const { form, submit } = createDeed(
    props,
    { reason: "" },
    (child, values) => treeApi.decline(props.above.id(), child.id, values.reason.trim()),
    (child) => t("children.declined", { name: child.name }),
  );
  return (
    <Dialog
      open={props.child !== null}
      onClose={stopAsking}
      title={t("children.declineTitle", { name: props.child?.name ?? "" })}
    >
      <DialogForm form={form} onSubmit={submit} onClose={stopAsking} confirm={t("children.decline")} danger>
        <p>{t("children.declineText")}</p>
        <TextField
          label={t("suspend.reason")}
          hint={t("children.declineReasonHint")}
          name="reason"
          optional
          maxLength={400}
          value={form.values.reason}
          onValue={(value) => form.set("reason", value)}
          error={form.error("reason")}
          autofocus
        />
      </DialogForm>
    </Dialog>
  );
}

function DeleteDialog(props: DialogProps) {
  const { form, submit } = createDeed(
    props,
    { confirm: "" },
    (child, values) => treeApi.deleteChild(props.above.id(), child.id, values.confirm),
    (child) => t("teardown.begun", { name: child.name }),
  );
  const matches = () => form.values.confirm === props.child?.name;
  return (
    <Dialog
      open={props.child !== null}
      onClose={stopAsking}
      title={t("delete.title", { name: props.child?.name ?? "" })}
    >
      <DialogForm
        form={form}
        onSubmit={submit}
        onClose={stopAsking}
        confirm={t("delete.confirm")}
        danger
        disabled={!matches()}
      >
        <p>{t("teardown.text")}</p>
        <Show when={props.child?.kind === "reseller"}>
          <p>
            <strong>{t("teardown.textReseller")}</strong>
          </p>
        </Show>
        <TextField
          label={t("delete.typeName", { name: props.child?.name ?? "" })}
          name="confirm"
          autocomplete="off"
          value={form.values.confirm}
          onValue={(value) => form.set("confirm", value)}
          error={form.error("confirm")}
          autofocus
        />
      </DialogForm>
    </Dialog>
  );
}
