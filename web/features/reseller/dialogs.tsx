// The two forms of a reseller: a new tenant, and the limits of one that exists; both show what they take.
import { useQueryClient } from "@tanstack/solid-query";
import { createEffect, on, Show } from "solid-js";
import { tenantNameProblem } from "../../../worker/rules/names.ts";
import type { ChildTenantView, QuotaView, Resource } from "../../../worker/rules/views.ts";
import { api } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogBody } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { QuotaMeters } from "../../ui/meter.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { showToast } from "../../ui/toast.tsx";
import { keys } from "../../queries.ts";
import { emailProblem, faults } from "../account/checks.ts";
import { emptyLimits, limitsBody, ownLimits, previewCarve, type TypedLimits } from "./carve.ts";
import { LimitFields } from "./limit-fields.tsx";
import styles from "./reseller.module.css";

/** A new tenant below a reseller, or (without `tenantId`) a new reseller below the platform. */
export function AddDialog(props: {
  open: boolean;
  onClose: () => void;
  tenantId?: string;
  quota?: QuotaView["resources"];
}) {
  const client = useQueryClient();
  const form = createForm({ name: "", ownerEmail: "", ...emptyLimits() }, (values) =>
    faults({ name: tenantNameProblem(values.name), ownerEmail: emailProblem(values.ownerEmail) }),
  );
  createEffect(
    on(
      () => props.open,
      () => form.reset(),
      { defer: true },
    ),
  );
  const title = () => t(props.tenantId ? "children.add" : "resellers.add");

  async function submit(event: SubmitEvent) {
    const done = await form.submit(event, (values) => {
      const { name, ownerEmail, ...limits } = values;
      const body = { name: name.trim(), ownerEmail: ownerEmail.trim(), limits: limitsBody(limits) };
      return props.tenantId ? api.addChild(props.tenantId, body) : api.addReseller(body);
    });
    if (!done) return;
    refresh(client, props.tenantId);
    showToast({ tone: "good", text: t("children.added", { name: form.values.name }) });
    props.onClose();
  }

  return (
    <Dialog open={props.open} onClose={props.onClose} title={title()} wide>
      <form novalidate onSubmit={submit}>
        <DialogBody
          actions={
            <>
              <Button onClick={props.onClose}>{t("action.cancel")}</Button>
              <Button type="submit" variant="primary" busy={form.busy()}>
                {title()}
              </Button>
            </>
          }
        >
          <div class={styles.fields}>
            <TextField
              label={t("children.name")}
              name="name"
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
          <p class="quiet small">{t("limits.help")}</p>
          <LimitFields
            values={form.values}
            onValue={(resource, value) => form.set(resource, value)}
            errors={(resource) => form.error(resource)}
          />
          <Show when={props.quota}>
            {(quota) => <Carve quota={quota()} typed={form.values} before={emptyLimits()} />}
          </Show>
          <ProblemNote problem={form.problem()} />
        </DialogBody>
      </form>
    </Dialog>
  );
}

export function LimitsDialog(props: {
  child: ChildTenantView | null;
  onClose: () => void;
  tenantId: string;
  quota: QuotaView["resources"];
}) {
  const client = useQueryClient();
  const form = createForm<TypedLimits>(emptyLimits());
  const before = () => (props.child ? ownLimits(props.child.quota) : emptyLimits());
  createEffect(
    on(
      () => props.child?.id,
      (id) => {
        if (id) form.reset(before());
      },
    ),
  );

  async function submit(event: SubmitEvent, child: ChildTenantView) {
    const done = await form.submit(event, (values) => api.setLimits(props.tenantId, child.id, limitsBody(values)));
    if (!done) return;
    refresh(client, props.tenantId);
    showToast({ tone: "good", text: t("limits.saved", { name: child.name }) });
    props.onClose();
  }

  return (
    <Dialog
      open={props.child !== null}
      onClose={props.onClose}
      title={t("limits.of", { name: props.child?.name ?? "" })}
      wide
    >
      <Show when={props.child}>
        {(child) => (
          <form novalidate onSubmit={(event) => submit(event, child())}>
            <DialogBody
              actions={
                <>
                  <Button onClick={props.onClose}>{t("action.cancel")}</Button>
                  <Button type="submit" variant="primary" busy={form.busy()}>
                    {t("action.save")}
                  </Button>
                </>
              }
            >
              <p class="quiet small">{t("limits.help")}</p>
              <LimitFields
                values={form.values}
                onValue={(resource: Resource, value) => form.set(resource, value)}
                errors={(resource) => form.error(resource)}
              />
              <Carve quota={props.quota} typed={form.values} before={before()} />
              <ProblemNote problem={form.problem()} />
            </DialogBody>
          </form>
        )}
      </Show>
    </Dialog>
  );
}

/** The giver's own quota as it would be. */
function Carve(props: { quota: QuotaView["resources"]; typed: TypedLimits; before: TypedLimits }) {
  const rows = () => previewCarve(props.quota, props.typed, props.before);
  return (
    <Show when={rows().length > 0}>
      <section class={styles.carve} aria-label={t("limits.yours")}>
        <h3>{t("limits.yours")}</h3>
        <QuotaMeters
          rows={rows().map((row) => ({ resource: row.resource, limit: row.limit, used: row.used, own: true }))}
          asked={Object.fromEntries(rows().map((row) => [row.resource, row.asked]))}
          only={rows().map((row) => row.resource)}
        />
      </section>
    </Show>
  );
}

function refresh(client: ReturnType<typeof useQueryClient>, tenantId: string | undefined) {
  if (tenantId) {
    void client.invalidateQueries({ queryKey: keys.children(tenantId) });
    void client.invalidateQueries({ queryKey: keys.quota(tenantId) });
  } else void client.invalidateQueries({ queryKey: keys.allTenants });
}
