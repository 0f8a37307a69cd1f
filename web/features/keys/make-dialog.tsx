// Making a key: a name, what it may do, until when; then its secret, once.
import { createEffect, createSignal, For, on, Show } from "solid-js";
import { scopesFor, type Permission } from "../../../worker/rules/permissions.ts";
import { peopleApi } from "../../api-people.ts";
import { t, tCount, type Key } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { CopyText } from "../../ui/copy.tsx";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog, DialogBody } from "../../ui/dialog.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { faults } from "../account/checks.ts";
import { useTenant } from "../frame/session.tsx";
import styles from "./keys.module.css";

const DAY_MS = 24 * 3_600_000;
const LIVES_DAYS = [7, 30, 90, 365];
const FOREVER = "never";

export function MakeDialog(props: { open: boolean; onClose: () => void; onDone: () => void }) {
  const { id, tenant } = useTenant();
  const [secret, setSecret] = createSignal<string | null>(null);
  const offered = () => scopesFor(tenant().role, tenant().kind);
  const form = createForm({ name: "", life: "90", scopes: [] as Permission[] }, (values) =>
    faults({
      name: values.name.trim() === "" ? "required" : null,
      scopes: values.scopes.length === 0 ? "choose_one" : null,
    }),
  );
  createEffect(
    on(
      () => props.open,
      () => {
        form.reset();
        setSecret(null);
      },
      { defer: true },
    ),
  );
  const toggle = (scope: Permission, wanted: boolean) =>
    form.set(
      "scopes",
      offered().filter((known) => (known === scope ? wanted : form.values.scopes.includes(known))),
    );

  const submit = (event: SubmitEvent) =>
    form.submit(event, async (values) => {
      const made = await peopleApi.makeKey(id(), {
        name: values.name.trim(),
        scopes: [...values.scopes],
        expiresAt: values.life === FOREVER ? null : Date.now() + Number(values.life) * DAY_MS,
      });
      setSecret(made.token);
      props.onDone();
    });

  return (
    <Dialog open={props.open} onClose={props.onClose} title={secret() ? t("keys.made") : t("keys.make")}>
      <Show
        when={secret()}
        fallback={
          <DialogForm form={form} onSubmit={submit} onClose={props.onClose} confirm={t("keys.make")}>
            <TextField
              label={t("keys.name")}
              hint={t("keys.nameHint")}
              name="name"
              autocomplete="off"
              maxLength={60}
              value={form.values.name}
              onValue={(value) => form.set("name", value)}
              error={form.error("name")}
              autofocus
            />
            <SelectField
              label={t("keys.life")}
              value={form.values.life}
              onValue={(value) => form.set("life", value)}
              options={[
                ...LIVES_DAYS.map((days) => ({ value: String(days), label: tCount("keys.days", days) })),
                { value: FOREVER, label: t("keys.forever") },
              ]}
            />
            <fieldset class={styles.choices} aria-invalid={form.error("scopes") ? "true" : undefined} tabIndex={-1}>
              <legend>{t("keys.scopes")}</legend>
              <For each={offered()}>
                {(scope) => (
                  <label>
                    <input
                      type="checkbox"
                      name={scope}
                      checked={form.values.scopes.includes(scope)}
                      onChange={(event) => toggle(scope, event.currentTarget.checked)}
                    />
                    <span>{t(`scope.${scope}` as Key)}</span>
                  </label>
                )}
              </For>
              <Show when={form.error("scopes")}>
                <p class={styles.error}>{form.error("scopes")}</p>
              </Show>
            </fieldset>
          </DialogForm>
        }
      >
        {(token) => (
          <DialogBody
            actions={
              <Button variant="primary" onClick={props.onClose}>
                {t("keys.kept")}
              </Button>
            }
          >
            <p>{t("keys.once")}</p>
            <div data-testid="key-token">
              <CopyText block text={token()} />
            </div>
            <p class="quiet small">{t("keys.use")}</p>
            <pre class={styles.example}>Authorization: Bearer {token().slice(0, 12)}…</pre>
          </DialogBody>
        )}
      </Show>
    </Dialog>
  );
}
