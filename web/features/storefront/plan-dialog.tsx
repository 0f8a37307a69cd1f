// A new plan: a size with a name.
import { createEffect, on } from "solid-js";
import { tenantNameProblem } from "../../../worker/rules/names.ts";
import { SIZE_BOUNDS } from "../../../worker/rules/quota.ts";
import { treeApi } from "../../api-tree.ts";
import { t } from "../../i18n/language.ts";
import { keys, queryClient } from "../../queries.ts";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { NumberField, TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { faults } from "../account/checks.ts";

const START = { name: "", cores: 1 as number | null, memoryMiB: 1024 as number | null, diskGiB: 10 as number | null };

const SIZES = [
  ["cores", "vCPU", "size.cores"],
  ["memoryMiB", "MiB", "size.memory"],
  ["diskGiB", "GiB", "size.disk"],
] as const;

export function PlanDialog(props: { of: string; open: boolean; onClose: () => void }) {
  const form = createForm(START, (values) =>
    faults({
      name: tenantNameProblem(values.name),
      ...Object.fromEntries(
        SIZES.map(([field]) => {
          const value = values[field];
          const [least, most] = SIZE_BOUNDS[field];
          return [field, value === null ? "required" : value < least ? "too_small" : value > most ? "too_big" : null];
        }),
      ),
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
      treeApi.addPlan(props.of, {
        name: values.name.trim(),
        cores: values.cores ?? 0,
        memoryMiB: values.memoryMiB ?? 0,
        diskGiB: values.diskGiB ?? 0,
      }),
    );
    if (!done) return;
    void queryClient.invalidateQueries({ queryKey: keys.plansOf(props.of) });
    props.onClose();
  }

  return (
    <Dialog open={props.open} onClose={props.onClose} title={t("plans.add")}>
      <DialogForm form={form} onSubmit={submit} onClose={props.onClose} confirm={t("action.save")}>
        <TextField
          label={t("plans.name")}
          name="name"
          autocomplete="off"
          value={form.values.name}
          onValue={(value) => form.set("name", value)}
          error={form.error("name")}
          autofocus
        />
        {SIZES.map(([field, unit, words]) => (
          <NumberField
            label={t(words)}
            name={field}
            unit={unit}
            value={form.values[field]}
            onValue={(value) => form.set(field, value)}
            error={form.error(field)}
          />
        ))}
      </DialogForm>
    </Dialog>
  );
}
