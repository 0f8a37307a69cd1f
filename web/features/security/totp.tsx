// The authenticator app: set up in three steps (password, code, recovery codes), ended, or given new recovery codes.
import KeyRound from "lucide-solid/icons/key-round";
import ShieldCheck from "lucide-solid/icons/shield-check";
import ShieldOff from "lucide-solid/icons/shield-off";
import { createEffect, createSignal, Match, on, Show, Switch } from "solid-js";
import type { SecurityView } from "../../../worker/rules/views-people.ts";
import { peopleApi } from "../../api-people.ts";
import { t, tCount } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { CopyText } from "../../ui/copy.tsx";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog, DialogBody } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { Section } from "../../ui/page.tsx";
import { Status } from "../../ui/status.tsx";
import { showToast } from "../../ui/toast.tsx";
import { codeProblem, faults } from "../account/checks.ts";
import { QrCode } from "./qr-code.tsx";
import { RecoveryCodes } from "./recovery-codes.tsx";
import { SignInAgain } from "./again.tsx";
import styles from "./security.module.css";

type Purpose = "set-up" | "end" | "codes";

/** Below this many, it is time for new ones. */
const FEW_CODES = 3;

export function TotpSection(props: { security: SecurityView; onChange: () => void }) {
  const [purpose, setPurpose] = createSignal<Purpose | null>(null);
  const totp = () => props.security.totp;
  return (
    <Section
      title={t("totp.title")}
      aside={
        <Show when={totp().enabled} fallback={<Status shape="ring" tone="rest" word={t("security.off")} />}>
          <Status shape="tick" tone="good" word={t("security.on")} />
        </Show>
      }
    >
      <div class={styles.block} data-totp={totp().enabled ? "on" : "off"}>
        <p>{t("totp.lead")}</p>
        <Show
          when={totp().enabled}
          fallback={
            <div class={styles.buttons}>
              <Button variant="primary" icon={ShieldCheck} onClick={() => setPurpose("set-up")}>
                {t("totp.setUp")}
              </Button>
            </div>
          }
        >
          <p class={totp().recoveryCodesLeft < FEW_CODES ? styles.warn : "quiet"}>
            {tCount("totp.codesLeft", totp().recoveryCodesLeft)}
          </p>
          <div class={styles.buttons}>
            <Button icon={KeyRound} onClick={() => setPurpose("codes")}>
              {t("totp.newCodes")}
            </Button>
            <Button variant="danger" icon={ShieldOff} onClick={() => setPurpose("end")}>
              {t("totp.turnOff")}
            </Button>
          </div>
        </Show>
      </div>
      <TotpDialog
        purpose={purpose()}
        hasPassword={props.security.hasPassword}
        onClose={() => setPurpose(null)}
        onChange={props.onChange}
      />
    </Section>
  );
}

function TotpDialog(props: {
  purpose: Purpose | null;
  hasPassword: boolean;
  onClose: () => void;
  onChange: () => void;
}) {
  const [address, setAddress] = createSignal<string | null>(null);
  const [codes, setCodes] = createSignal<string[]>([]);
  const [kept, setKept] = createSignal<string[] | null>(null);
  createEffect(
    on(
      () => props.purpose,
      () => {
        setAddress(null);
        setCodes([]);
        setKept(null);
      },
      { defer: true },
    ),
  );
  const title = () =>
    t(
      kept()
        ? "totp.codesTitle"
        : props.purpose === "end"
          ? "totp.turnOff"
          : props.purpose === "codes"
            ? "totp.newCodes"
            : "totp.setUp",
    );

  async function withPassword(password: string) {
    if (props.purpose === "end") {
      await peopleApi.endTotp(password);
      showToast({ tone: "good", text: t("totp.turnedOff") });
      props.onClose();
      props.onChange();
    } else if (props.purpose === "codes") {
      setKept((await peopleApi.newRecoveryCodes(password)).backupCodes);
      props.onChange();
    } else {
      const begun = await peopleApi.beginTotp(password);
      setCodes(begun.backupCodes);
      setAddress(begun.totpURI);
    }
  }

  return (
    <Dialog open={props.purpose !== null} onClose={props.onClose} title={title()}>
      <Switch>
        <Match when={kept()}>
          {(list) => (
            <DialogBody
              actions={
                <Button variant="primary" onClick={props.onClose}>
                  {t("totp.kept")}
                </Button>
              }
            >
              <RecoveryCodes codes={list()} />
            </DialogBody>
          )}
        </Match>
        <Match when={address()}>
          {(uri) => (
            <ConfirmStep
              uri={uri()}
              onClose={props.onClose}
              onDone={() => {
                setKept(codes());
                props.onChange();
              }}
            />
          )}
        </Match>
        <Match when={props.purpose}>
          <PasswordStep
            purpose={props.purpose as Purpose}
            hasPassword={props.hasPassword}
            onClose={props.onClose}
            onPassword={withPassword}
          />
        </Match>
      </Switch>
    </Dialog>
  );
}

function PasswordStep(props: {
  purpose: Purpose;
  hasPassword: boolean;
  onClose: () => void;
  onPassword: (password: string) => Promise<void>;
}) {
  const form = createForm({ password: "" }, (values) =>
    faults({ password: props.hasPassword && values.password === "" ? "required" : null }),
  );
  const submit = (event: SubmitEvent) => form.submit(event, (values) => props.onPassword(values.password));
  const words = () =>
    ({ "set-up": t("totp.setUpHelp"), end: t("totp.turnOffHelp"), codes: t("totp.newCodesHelp") })[props.purpose];
  return (
    <DialogForm
      form={form}
      onSubmit={submit}
      onClose={props.onClose}
      confirm={props.purpose === "end" ? t("totp.turnOff") : t("action.continue")}
      danger={props.purpose === "end"}
      remedy={
        <Show when={form.problem()?.code === "sign_in_again"}>
          <SignInAgain />
        </Show>
      }
    >
      <p>{words()}</p>
      <Show when={props.hasPassword}>
        <TextField
          label={t("security.yourPassword")}
          name="password"
          type="password"
          autocomplete="current-password"
          value={form.values.password}
          onValue={(value) => form.set("password", value)}
          error={form.error("password")}
          autofocus
        />
      </Show>
    </DialogForm>
  );
}

function ConfirmStep(props: { uri: string; onClose: () => void; onDone: () => void }) {
  const form = createForm({ code: "" }, (values) => faults({ code: codeProblem(values.code) }));
  const key = () => new URL(props.uri).searchParams.get("secret") ?? "";
  async function submit(event: SubmitEvent) {
    const done = await form.submit(event, (values) => peopleApi.verifyTotp(values.code.replaceAll(/\s/g, "")));
    if (done) props.onDone();
  }
  return (
    <DialogForm
      form={form}
      onSubmit={submit}
      onClose={props.onClose}
      confirm={t("totp.confirm")}
      remedy={
        <Show when={form.problem()?.code === "sign_in_again"}>
          <SignInAgain />
        </Show>
      }
    >
      <div class={styles.scan}>
        <QrCode text={props.uri} label={t("totp.qr")} />
        <div class={styles.block}>
          <p>{t("totp.scan")}</p>
          <p class="quiet small">{t("totp.orType")}</p>
          <div data-testid="totp-key" data-key={key()}>
            <CopyText block text={key()} />
          </div>
        </div>
      </div>
      <TextField
        label={t("totp.code")}
        hint={t("totp.codeHint")}
        name="code"
        inputmode="numeric"
        autocomplete="one-time-code"
        mono
        value={form.values.code}
        onValue={(value) => form.set("code", value)}
        error={form.error("code")}
        ref={(input) => queueMicrotask(() => input.focus())}
      />
    </DialogForm>
  );
}
