// Passkeys: a fingerprint, a face or a security key in place of password and code.
import Fingerprint from "lucide-solid/icons/fingerprint-pattern";
import Pencil from "lucide-solid/icons/pencil";
import Plus from "lucide-solid/icons/plus";
import Trash from "lucide-solid/icons/trash";
import { createEffect, createSignal, For, on, Show } from "solid-js";
import type { SecurityView } from "../../../worker/rules/views-people.ts";
import { problemOf } from "../../api.ts";
import { peopleApi } from "../../api-people.ts";
import { dateTime, t, type Key } from "../../i18n/language.ts";
import { problemWords } from "../../i18n/words.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog, DialogBody } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { Section } from "../../ui/page.tsx";
import { showToast } from "../../ui/toast.tsx";
import { faults } from "../account/checks.ts";
import { deviceOf } from "./device.ts";
import { createPasskey, PasskeyRefusal, passkeysPossible } from "./webauthn.ts";
import { SignInAgain } from "./again.tsx";
import styles from "./security.module.css";

type Passkey = SecurityView["passkeys"][number];

export function PasskeySection(props: { security: SecurityView; onChange: () => void }) {
  const [adding, setAdding] = createSignal(false);
  const [naming, setNaming] = createSignal<Passkey | null>(null);
  const [removing, setRemoving] = createSignal<Passkey | null>(null);
  return (
    <Section
      title={t("passkeys.title")}
      flush
      aside={
        <Show when={passkeysPossible()}>
          <Button small icon={Plus} onClick={() => setAdding(true)}>
            {t("passkeys.add")}
          </Button>
        </Show>
      }
    >
      <p class={styles.lead}>{passkeysPossible() ? t("passkeys.lead") : t("passkeys.impossible")}</p>
      <ul class={styles.rows}>
        <For each={props.security.passkeys}>
          {(passkey) => (
            <li class={styles.row} data-passkey-id={passkey.id}>
              <Fingerprint size={18} aria-hidden="true" />
              <div class={styles.what}>
                <b>{passkey.name}</b>
                <p class="small quiet">
                  {passkey.createdAt === null
                    ? null
                    : `${t("passkeys.since", { when: dateTime(passkey.createdAt) })} · `}
                  {t(passkey.backedUp ? "passkeys.synced" : "passkeys.oneDevice")}
                </p>
              </div>
              <IconButton
                icon={Pencil}
                label={t("passkeys.rename", { name: passkey.name })}
                onClick={() => setNaming(passkey)}
              />
              <IconButton
                icon={Trash}
                label={t("passkeys.remove", { name: passkey.name })}
                onClick={() => setRemoving(passkey)}
              />
            </li>
          )}
        </For>
      </ul>
      <NameDialog
        open={adding()}
        title={t("passkeys.add")}
        help={t("passkeys.addHelp")}
        submit={t("action.continue")}
        start={suggestedName()}
        onClose={() => setAdding(false)}
        request={async (name) => {
          await peopleApi.addPasskey(await createPasskey(await peopleApi.passkeyOptions()), name);
          showToast({ tone: "good", text: t("passkeys.added", { name }) });
          props.onChange();
        }}
      />
      <NameDialog
        open={naming() !== null}
        title={t("passkeys.rename", { name: naming()?.name ?? "" })}
        submit={t("action.save")}
        start={naming()?.name ?? ""}
        onClose={() => setNaming(null)}
        request={async (name) => {
          await peopleApi.renamePasskey(naming()?.id ?? "", name);
          props.onChange();
        }}
      />
      <RemoveDialog passkey={removing()} onClose={() => setRemoving(null)} onChange={props.onChange} />
    </Section>
  );
}

function NameDialog(props: {
  open: boolean;
  title: string;
  help?: string;
  submit: string;
  start: string;
  onClose: () => void;
  request: (name: string) => Promise<void>;
}) {
  const [refused, setRefused] = createSignal<string | null>(null);
  const form = createForm({ name: "" }, (values) => faults({ name: values.name.trim() === "" ? "required" : null }));
  createEffect(
    on(
      () => props.open,
      () => {
        setRefused(null);
        form.reset({ name: props.start });
      },
    ),
  );
  async function submit(event: SubmitEvent) {
    setRefused(null);
    const done = await form.submit(event, async (values) => {
      try {
        await props.request(values.name.trim());
      } catch (thrown) {
        if (!(thrown instanceof PasskeyRefusal)) throw thrown;
        setRefused(t(`passkeys.refused.${thrown.reason}` as Key));
      }
    });
    if (done && refused() === null) props.onClose();
  }
  return (
    <Dialog open={props.open} onClose={props.onClose} title={props.title}>
      <DialogForm
        form={form}
        onSubmit={submit}
        onClose={props.onClose}
        confirm={props.submit}
        remedy={
          <Show when={form.problem()?.code === "sign_in_again"}>
            <SignInAgain />
          </Show>
        }
      >
        <Show when={props.help}>
          <p>{props.help}</p>
        </Show>
        <TextField
          label={t("passkeys.name")}
          hint={t("passkeys.nameHint")}
          name="name"
          autocomplete="off"
          maxLength={60}
          value={form.values.name}
          onValue={(value) => form.set("name", value)}
          error={form.error("name")}
          autofocus
        />
        <Show when={refused()}>
          <p role="alert" class={styles.warn}>
            {refused()}
          </p>
        </Show>
      </DialogForm>
    </Dialog>
  );
}

function RemoveDialog(props: { passkey: Passkey | null; onClose: () => void; onChange: () => void }) {
  const [busy, setBusy] = createSignal(false);
  async function remove(passkey: Passkey) {
    setBusy(true);
    try {
      await peopleApi.removePasskey(passkey.id);
      props.onChange();
    } catch (thrown) {
      const problem = problemOf(thrown);
      showToast({ tone: "bad", text: problemWords(problem.code, problem.params).what });
    } finally {
      setBusy(false);
      props.onClose();
    }
  }
  return (
    <Dialog
      open={props.passkey !== null}
      onClose={props.onClose}
      title={t("passkeys.remove", { name: props.passkey?.name ?? "" })}
    >
      <Show when={props.passkey}>
        {(passkey) => (
          <DialogBody
            actions={
              <>
                <Button onClick={props.onClose}>{t("action.cancel")}</Button>
                <Button variant="danger" busy={busy()} onClick={() => remove(passkey())}>
                  {t("action.remove")}
                </Button>
              </>
            }
          >
            <p>{t("passkeys.removeHelp")}</p>
          </DialogBody>
        )}
      </Show>
    </Dialog>
  );
}

/** What people would call this device, for the field to begin with. */
function suggestedName(): string {
  const { browser, system } = deviceOf(navigator.userAgent);
  return browser && system ? t("security.device", { browser, system }) : (system ?? browser ?? "");
}
