// Inviting a person by mail, with the role that they will have.
import { createEffect, For, on } from "solid-js";
import type { Role } from "../../../worker/rules/views.ts";
import { peopleApi } from "../../api-people.ts";
import { t, type Key } from "../../i18n/language.ts";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { showToast } from "../../ui/toast.tsx";
import { emailProblem, faults } from "../account/checks.ts";
import { ROLES } from "./roles.ts";
import styles from "./team.module.css";

export function InviteDialog(props: { open: boolean; place: string; onClose: () => void; onDone: () => void }) {
  const form = createForm({ email: "", role: "operator" as Role }, (values) =>
    faults({ email: emailProblem(values.email) }),
  );
  createEffect(
    on(
      () => props.open,
      () => form.reset(),
      { defer: true },
    ),
  );
  async function submit(event: SubmitEvent) {
    const done = await form.submit(event, (values) =>
      peopleApi.invite(props.place, { email: values.email.trim(), role: values.role }),
    );
    if (!done) return;
    showToast({ tone: "good", text: t("team.inviteSent", { email: form.values.email.trim() }) });
    props.onDone();
    props.onClose();
  }
  return (
    <Dialog open={props.open} onClose={props.onClose} title={t("team.invite")}>
      <DialogForm form={form} onSubmit={submit} onClose={props.onClose} confirm={t("team.send")}>
        <TextField
          label={t("form.email")}
          hint={t("team.emailHint")}
          name="email"
          type="email"
          autocomplete="off"
          value={form.values.email}
          onValue={(value) => form.set("email", value)}
          error={form.error("email")}
          autofocus
        />
        <fieldset class={styles.roles}>
          <legend>{t("team.role")}</legend>
          <For each={ROLES}>
            {(role) => (
              <label class={styles.choice}>
                <input
                  type="radio"
                  name="role"
                  value={role}
                  checked={form.values.role === role}
                  onChange={() => form.set("role", role)}
                />
                <span>
                  <b>{t(`role.${role}` as Key)}</b>
                  <small>{t(`role.may.${role}` as Key)}</small>
                </span>
              </label>
            )}
          </For>
        </fieldset>
      </DialogForm>
    </Dialog>
  );
}
