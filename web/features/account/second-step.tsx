// Second step of a sign-in: a code of the authenticator app, or one of the recovery codes.
import { createSignal, Show } from "solid-js";
import { peopleApi } from "../../api-people.ts";
import { t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { ProblemNote } from "../../ui/problem.tsx";
import { codeProblem, faults } from "./checks.ts";
import { AccountPage } from "./layout.tsx";
import styles from "./account.module.css";

export function SecondStep(props: { onDone: () => void; onBack: (isOver: boolean) => void }) {
  const [recovering, setRecovering] = createSignal(false);
  const form = createForm({ code: "" }, (values) =>
    faults({ code: recovering() ? (values.code.trim() === "" ? "required" : null) : codeProblem(values.code) }),
  );

  async function submit(event: SubmitEvent) {
    const done = await form.submit(event, (values) =>
      recovering()
        ? peopleApi.verifyRecoveryCode(values.code.trim())
        : peopleApi.verifyTotp(values.code.replaceAll(/\s/g, "")),
    );
    if (done) props.onDone();
    // Too late, or too many tries: what the password had opened is shut again.
    else if (form.problem()?.code === "not_signed_in") props.onBack(true);
  }

  function change() {
    setRecovering(!recovering());
    form.reset();
  }

  return (
    <AccountPage
      title={t("secondStep.title")}
      lead={recovering() ? t("secondStep.recoveryLead") : t("secondStep.lead")}
      foot={
        <button type="button" class={styles.link} onClick={() => props.onBack(false)}>
          {t("secondStep.back")}
        </button>
      }
    >
      <form class={`card ${styles.form}`} novalidate onSubmit={submit}>
        <Show
          when={recovering()}
          fallback={
            <TextField
              label={t("totp.code")}
              name="code"
              inputmode="numeric"
              autocomplete="one-time-code"
              mono
              value={form.values.code}
              onValue={(value) => form.set("code", value)}
              error={form.error("code")}
              ref={focusSoon}
            />
          }
        >
          <TextField
            label={t("secondStep.recoveryCode")}
            name="code"
            autocomplete="off"
            spellcheck={false}
            mono
            value={form.values.code}
            onValue={(value) => form.set("code", value)}
            error={form.error("code")}
            ref={focusSoon}
          />
        </Show>
        <ProblemNote problem={form.problem()} />
        <Button type="submit" variant="primary" busy={form.busy()}>
          {t("signIn.submit")}
        </Button>
        <Button variant="quiet" onClick={change}>
          {recovering() ? t("secondStep.useApp") : t("secondStep.useRecovery")}
        </Button>
      </form>
    </AccountPage>
  );
}

/** The field is the only thing to do here. */
function focusSoon(input: HTMLInputElement): void {
  queueMicrotask(() => input.focus());
}
