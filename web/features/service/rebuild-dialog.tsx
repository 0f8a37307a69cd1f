// Making a service anew out of a template: what is lost and what stays, which template, how one signs in, its name typed.
import { Show } from "solid-js";
import { loginUserProblem, passwordProblem, sshKeyLines, sshKeysProblem } from "../../../worker/rules/names.ts";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { lifeApi } from "../../api-life.ts";
import { t } from "../../i18n/language.ts";
import { sizeText } from "../../i18n/words.ts";
import { useCatalogue } from "../../queries.ts";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { createForm, onChange } from "../../ui/form.ts";
import { faults } from "../account/checks.ts";
import { useSnapshots } from "../copies/queries.ts";
import { SnapshotsInTheWay } from "../copies/in-the-way.tsx";
import { applyAccepted } from "../feed/apply.ts";
import { useTenant } from "../frame/session.tsx";
import { fitsTemplate } from "../launch/state.ts";
import { KeyPick } from "../ssh-keys/pick.tsx";
import { keepTyped } from "../ssh-keys/queries.ts";
import styles from "./service.module.css";

interface Props {
  service: ServiceView;
  open: boolean;
  onClose: () => void;
}

export function RebuildDialog(props: Props) {
  return (
    <Dialog open={props.open} onClose={props.onClose} title={t("rebuild.title", { name: props.service.name })} wide>
      <RebuildForm {...props} />
    </Dialog>
  );
}

function RebuildForm(props: Props) {
  const { id } = useTenant();
  const catalogue = useCatalogue(id);
  const snapshots = useSnapshots(id, () => props.service.id);
  const isVm = () => props.service.kind === "vm";
  // The size stays: templates that ask for more are no choice.
  const templates = () =>
    (catalogue.data?.templates ?? []).filter(
      (template) => template.kind === props.service.kind && fitsTemplate(props.service, template),
    );
  const start = () => ({
    templateId: "",
    user: props.service.loginUser,
    password: "",
    sshKeys: "",
    keyIds: [] as readonly string[],
    keep: false,
    confirm: "",
  });
  const form = createForm(start(), (values) =>
    faults({
      user: isVm() ? loginUserProblem(values.user) : null,
      // Without one the keys that it has may do; the Worker knows whether there are any.
      password: values.password === "" ? null : passwordProblem(values.password),
      sshKeys: sshKeysProblem(values.sshKeys),
    }),
  );
  onChange(
    () => props.service.id,
    () => form.reset(start()),
  );
  const chosen = () =>
    templates().find((template) => template.id === form.values.templateId) ??
    templates().find((template) => template.id === props.service.template.id) ??
    templates()[0];
  const isBlocked = () => (snapshots.data?.snapshots.length ?? 0) > 0;
  let key = crypto.randomUUID();

  async function submit(event: SubmitEvent) {
    const done = await form.submit(event, async (values) => {
      const template = chosen();
      const accepted = await lifeApi.rebuild(
        id(),
        props.service.id,
        {
          confirm: values.confirm,
          ...(template ? { templateId: template.id } : {}),
          login: {
            ...(isVm() ? { user: values.user } : {}),
            ...(values.password === "" ? {} : { password: values.password }),
            ...(values.sshKeys.trim() === "" ? {} : { sshKeys: values.sshKeys.trim() }),
            ...(values.keyIds.length === 0 ? {} : { keyIds: values.keyIds }),
          },
        },
        key,
      );
      applyAccepted(id(), accepted);
      if (values.keep) void keepTyped(sshKeyLines(values.sshKeys));
    });
    if (done) props.onClose();
    else key = crypto.randomUUID();
  }

  return (
    <DialogForm
      form={form}
      onSubmit={submit}
      onClose={props.onClose}
      confirm={t("rebuild.confirm")}
      danger
      disabled={isBlocked() || !chosen() || form.values.confirm !== props.service.name}
    >
      <ul class={styles.points}>
        <li>{t("rebuild.lost")}</li>
        <li>{t("rebuild.stays", { size: sizeText(props.service) })}</li>
        <li>{t("rebuild.backups")}</li>
      </ul>
      <SnapshotsInTheWay service={props.service}>
        <Show
          when={templates().length > 0}
          fallback={
            <Show when={catalogue.data}>
              <p>{t("rebuild.noTemplate")}</p>
            </Show>
          }
        >
          <SelectField
            label={t("service.template")}
            value={chosen()?.id ?? ""}
            onValue={(value) => form.set("templateId", value)}
            options={templates().map((template) => ({ value: template.id, label: template.name }))}
          />
        </Show>
        <div class={styles.fields}>
          <Show when={isVm()}>
            <TextField
              label={t("launch.user")}
              name="user"
              mono
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
              maxLength={63}
              value={form.values.user}
              onValue={(value) => form.set("user", value)}
              error={form.error("user")}
            />
          </Show>
          <TextField
            label={t("launch.password")}
            hint={t("rebuild.passwordHint")}
            name="password"
            type="password"
            autocomplete="new-password"
            maxLength={200}
            value={form.values.password}
            onValue={(value) => form.set("password", value)}
            error={form.error("password")}
          />
        </div>
        <KeyPick
          picked={{ keyIds: form.values.keyIds, typed: form.values.sshKeys, keep: form.values.keep }}
          onPick={({ keyIds, typed, keep }) => {
            if (keyIds !== undefined) form.set("keyIds", keyIds);
            if (typed !== undefined) form.set("sshKeys", typed);
            if (keep !== undefined) form.set("keep", keep);
          }}
          error={form.error("sshKeys")}
        />
        <TextField
          label={t("delete.typeName", { name: props.service.name })}
          name="confirm"
          value={form.values.confirm}
          onValue={(value) => form.set("confirm", value)}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          mono
        />
      </SnapshotsInTheWay>
    </DialogForm>
  );
}
