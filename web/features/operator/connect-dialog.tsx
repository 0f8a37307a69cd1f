// Connects a cluster: its address, the provisioning token, and where the portal may work on it.
import { useQueryClient } from "@tanstack/solid-query";
import { createEffect, on } from "solid-js";
import { api } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { keys } from "../../queries.ts";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { NumberField, TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { showToast } from "../../ui/toast.tsx";
import { faults } from "../account/checks.ts";
import styles from "./operator.module.css";

const START = {
  name: "",
  url: "https://",
  tokenId: "",
  tokenSecret: "",
  pool: "nubemox",
  tenantGroup: "nubemox-tenants",
  tenantRole: "NubemoxTenant",
  storage: "local-lvm",
  vmidFrom: 100_000 as number | null,
  vmidTo: 199_999 as number | null,
};

type TextFieldName = Exclude<keyof typeof START, "vmidFrom" | "vmidTo">;

export function ConnectDialog(props: { open: boolean; onClose: () => void }) {
  const client = useQueryClient();
  const form = createForm(START, (values) =>
    faults({
      ...Object.fromEntries(TEXTS.map((field) => [field, values[field].trim() === "" ? "required" : null])),
      url: /^https:\/\/[^\s/]+/.test(values.url.trim()) ? null : "url",
      vmidFrom: values.vmidFrom === null ? "required" : values.vmidFrom < 100 ? "vmid" : null,
      vmidTo: values.vmidTo === null ? "required" : values.vmidTo <= (values.vmidFrom ?? 0) ? "vmid_range" : null,
    }),
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
      api.addCluster({
        ...values,
        url: values.url.trim().replace(/\/+$/, ""),
        tokenId: values.tokenId.trim(),
        tokenSecret: values.tokenSecret.trim(),
        vmidFrom: values.vmidFrom ?? 0,
        vmidTo: values.vmidTo ?? 0,
      }),
    );
    if (!done) return;
    void client.invalidateQueries({ queryKey: keys.clusters });
    showToast({ tone: "good", text: t("clusters.connected", { name: form.values.name }) });
    props.onClose();
  }

  const text = (field: TextFieldName, hint?: string, type?: string) => (
    <TextField
      label={t(`clusters.field.${field}`)}
      hint={hint}
      name={field}
      mono={field !== "name"}
      type={type ?? "text"}
      autocomplete="off"
      spellcheck={false}
      value={form.values[field]}
      onValue={(value) => form.set(field, value)}
      error={form.error(field)}
    />
  );
  const vmid = (field: "vmidFrom" | "vmidTo") => (
    <NumberField
      label={t(`clusters.field.${field}`)}
      name={field}
      value={form.values[field]}
      onValue={(value) => form.set(field, value)}
      error={form.error(field)}
    />
  );

  return (
    <Dialog open={props.open} onClose={props.onClose} title={t("clusters.connect")} wide>
      <DialogForm form={form} onSubmit={submit} onClose={props.onClose} confirm={t("clusters.connectNow")}>
        <div class={styles.fields}>
          {text("name")}
          {text("url", t("clusters.urlHint"))}
          {text("tokenId", t("clusters.tokenIdHint"))}
          {text("tokenSecret", t("clusters.tokenSecretHint"), "password")}
          {text("pool")}
          {text("storage")}
          {text("tenantGroup")}
          {text("tenantRole")}
          {vmid("vmidFrom")}
          {vmid("vmidTo")}
        </div>
        <p class="small quiet">{t("clusters.vmidHelp")}</p>
      </DialogForm>
    </Dialog>
  );
}

const TEXTS: readonly TextFieldName[] = [
  "name",
  "url",
  "tokenId",
  "tokenSecret",
  "pool",
  "tenantGroup",
  "tenantRole",
  "storage",
];
