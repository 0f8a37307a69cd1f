// Publishes a template: how the catalogue shows it, and how small a guest of it may be.
import { useQueryClient } from "@tanstack/solid-query";
import { createEffect, on, Show } from "solid-js";
import { loginUserProblem, tenantNameProblem } from "../../../worker/rules/names.ts";
import { api, type FoundTemplate } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { keys } from "../../queries.ts";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { NumberField, SelectField, TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { faults } from "../account/checks.ts";
import styles from "./operator.module.css";

const LOGOS = ["generic", "debian", "ubuntu", "alpine", "web", "docker", "database", "windows"];

const START = {
  name: "",
  description: "",
  logo: "generic",
  category: "",
  minCores: 1 as number | null,
  minMemoryMiB: 512 as number | null,
  minDiskGiB: 4 as number | null,
  defaultUser: "admin",
  nesting: false,
};

export function PublishDialog(props: { clusterId: string; template: FoundTemplate | null; onClose: () => void }) {
  const client = useQueryClient();
  const form = createForm(START, (values) =>
    faults({
      name: tenantNameProblem(values.name),
      category: values.category.trim() === "" ? "required" : null,
      defaultUser: loginUserProblem(values.defaultUser),
      ...Object.fromEntries(
        SIZES.map(([field]) => [field, values[field] === null ? "required" : values[field] < 1 ? "too_small" : null]),
      ),
    }),
  );
  createEffect(
    on(
      () => props.template,
      () => {
        const found = props.template;
        if (found)
          form.reset({
            ...START,
            name: found.name,
            minCores: found.cores,
            minMemoryMiB: found.memoryMiB,
            minDiskGiB: found.diskGiB,
          });
      },
    ),
  );

  async function submit(event: SubmitEvent, found: FoundTemplate) {
    const done = await form.submit(event, (values) =>
      api.publish({
        ...(found.volume === null
          ? { vmid: found.vmid, defaultUser: values.defaultUser }
          : { volume: found.volume, nesting: values.nesting }),
        name: values.name,
        description: values.description,
        logo: values.logo,
        category: values.category,
        minCores: values.minCores ?? 1,
        minMemoryMiB: values.minMemoryMiB ?? 1,
        minDiskGiB: values.minDiskGiB ?? 1,
        clusterId: props.clusterId,
      }),
    );
    if (!done) return;
    void client.invalidateQueries({ queryKey: keys.templates(props.clusterId) });
    props.onClose();
  }

  const text = (field: "name" | "description" | "category" | "defaultUser") => (
    <TextField
      label={t(`templates.field.${field}`)}
      name={field}
      autocomplete="off"
      value={form.values[field]}
      onValue={(value) => form.set(field, value)}
      error={form.error(field)}
    />
  );

  return (
    <Dialog
      open={props.template !== null}
      onClose={props.onClose}
      title={t("templates.publishTitle", { name: props.template?.name ?? "" })}
      wide
    >
      <Show when={props.template}>
        {(found) => (
          <DialogForm
            form={form}
            onSubmit={(event) => submit(event, found())}
            onClose={props.onClose}
            confirm={t("templates.publish")}
          >
            {text("name")}
            {text("description")}
            <div class={styles.fields}>
              {text("category")}
              <SelectField
                label={t("templates.field.logo")}
                value={form.values.logo}
                onValue={(value) => form.set("logo", value)}
                options={LOGOS.map((logo) => ({ value: logo, label: logo }))}
              />
              <Show when={found().volume === null}>{text("defaultUser")}</Show>
              {SIZES.map(([field, unit]) => (
                <NumberField
                  label={t(`templates.field.${field}`)}
                  name={field}
                  unit={unit}
                  min={1}
                  value={form.values[field]}
                  onValue={(value) => form.set(field, value)}
                  error={form.error(field)}
                />
              ))}
            </div>
            <Show when={found().volume !== null}>
              <label class={styles.check}>
                <input
                  type="checkbox"
                  checked={form.values.nesting}
                  onChange={(event) => form.set("nesting", event.currentTarget.checked)}
                />
                {t("templates.field.nesting")}
              </label>
            </Show>
          </DialogForm>
        )}
      </Show>
    </Dialog>
  );
}

const SIZES = [
  ["minCores", "vCPU"],
  ["minMemoryMiB", "MiB"],
  ["minDiskGiB", "GiB"],
] as const;
