// Keeping a key: its line pasted, a name that its comment suggests.
import { createEffect, on } from "solid-js";
import { sshKeyProblem, tenantNameProblem } from "../../../worker/rules/names.ts";
import { lifeApi } from "../../api-life.ts";
import { t } from "../../i18n/language.ts";
import { keys, queryClient } from "../../queries.ts";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { AreaField, TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { faults } from "../account/checks.ts";
import { nameOfLine } from "./lines.ts";

export function AddKeyDialog(props: { open: boolean; onClose: () => void }) {
  const form = createForm({ line: "", name: "" }, (values) =>
    faults({ line: sshKeyProblem(values.line), name: tenantNameProblem(values.name) }),
  );
  createEffect(
    on(
      () => props.open,
      () => form.reset(),
      { defer: true },
    ),
  );

  /** The name follows the key until somebody types one. */
  function take(line: string) {
    const follows = form.values.name === "" || form.values.name === nameOfLine(form.values.line);
    form.set("line", line);
    if (follows && sshKeyProblem(line) === null) form.set("name", nameOfLine(line));
  }

  async function submit(event: SubmitEvent) {
    const done = await form.submit(event, ({ line, name }) =>
      lifeApi.keepSshKey({ line: line.trim(), name: name.trim() }),
    );
    if (!done) return;
    await queryClient.invalidateQueries({ queryKey: keys.sshKeys });
    props.onClose();
  }

  return (
    <Dialog open={props.open} onClose={props.onClose} title={t("sshKeys.add")}>
      <DialogForm form={form} onSubmit={submit} onClose={props.onClose} confirm={t("sshKeys.add")}>
        <AreaField
          label={t("sshKeys.line")}
          hint={t("sshKeys.lineHint")}
          name="line"
          rows={4}
          spellcheck={false}
          autocapitalize="none"
          placeholder="ssh-ed25519 AAAA… you@laptop"
          value={form.values.line}
          onValue={take}
          error={form.error("line")}
          autofocus
        />
        <TextField
          label={t("keys.name")}
          hint={t("passkeys.nameHint")}
          name="name"
          autocomplete="off"
          maxLength={60}
          value={form.values.name}
          onValue={(value) => form.set("name", value)}
          error={form.error("name")}
        />
      </DialogForm>
    </Dialog>
  );
}
