// A new tenant or reseller: its name, who owns it, and what it may use.
import { createEffect, createSignal, on } from "solid-js";
import { tenantNameProblem } from "../../../worker/rules/names.ts";
import type { QuotaView } from "../../../worker/rules/views.ts";
import { treeApi } from "../../api-tree.ts";
import { t } from "../../i18n/language.ts";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { showToast } from "../../ui/toast.tsx";
import { emailProblem, faults } from "../account/checks.ts";
import { refreshTree, type Above } from "./above.ts";
import { CarveEffect } from "./carve-effect.tsx";
import { carvedModes, emptyLimits, limitsBody } from "./carve.ts";
import { LimitFields } from "./limit-fields.tsx";
import styles from "./limits.module.css";

interface Props {
  kind: "tenant" | "reseller" | null;
  onClose: () => void;
  above: Above;
  quota: QuotaView["resources"];
}

export function AddDialog(props: Props) {
  const form = createForm({ name: "", ownerEmail: "", ...emptyLimits() }, (values) =>
    faults({ name: tenantNameProblem(values.name), ownerEmail: emailProblem(values.ownerEmail) }),
  );
  const [modes, setModes] = createSignal(carvedModes());
  createEffect(
    on(
      () => props.kind,
      (kind) => {
        if (kind === null) return;
        form.reset();
        setModes(carvedModes());
      },
    ),
  );
  const title = () => t(props.kind === "reseller" ? "resellers.add" : "children.add");

  async function submit(event: SubmitEvent) {
    const kind = props.kind;
    if (kind === null) return;
    const done = await form.submit(event, (values) => {
      const { name, ownerEmail, ...typed } = values;
      const body = {
        name: name.trim(),
        ownerEmail: ownerEmail.trim(),
        kind,
        ...limitsBody(typed, modes(), carvedModes()),
      };
      return treeApi.addChild(props.above.id(), body);
    });
    if (!done) return;
    refreshTree(props.above.id());
    showToast({ tone: "good", text: t("children.added", { name: form.values.name.trim() }) });
    props.onClose();
  }

  return (
    <Dialog open={props.kind !== null} onClose={props.onClose} title={title()} wide>
      <DialogForm form={form} onSubmit={submit} onClose={props.onClose} confirm={title()}>
        <div class={styles.pair}>
          <TextField
            label={t("children.name")}
            name="name"
            autocomplete="off"
            value={form.values.name}
            onValue={(value) => form.set("name", value)}
            error={form.error("name")}
            autofocus
          />
          <TextField
            label={t("children.ownerEmail")}
            hint={t("children.ownerEmailHint")}
            name="ownerEmail"
            type="email"
            autocomplete="off"
            value={form.values.ownerEmail}
            onValue={(value) => form.set("ownerEmail", value)}
            error={form.error("ownerEmail")}
          />
        </div>
        <h3>{t("limits.title")}</h3>
        <LimitFields
          values={form.values}
          modes={modes()}
          now={[]}
          onValue={(resource, value) => form.set(resource, value)}
          onMode={(resource, mode) => setModes({ ...modes(), [resource]: mode })}
          errors={(resource) => form.error(resource)}
        />
        <CarveEffect quota={props.quota} carve={limitsBody(form.values, modes(), carvedModes())} before={[]} />
      </DialogForm>
    </Dialog>
  );
}
