// A confirmation link that did not work: says so and sends a new one.
import { A } from "@solidjs/router";
import { createSignal, Show } from "solid-js";
import { api } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { ProblemNote } from "../../ui/problem.tsx";
import { emailProblem, faults } from "./checks.ts";
import { AccountPage } from "./layout.tsx";
import { MailSent } from "./mail-sent.tsx";
import styles from "./account.module.css";

export default function LinkFailed() {
  const [sent, setSent] = createSignal(false);
  const form = createForm({ email: "" }, (values) => faults({ email: emailProblem(values.email) }));
  return (
    <Show when={!sent()} fallback={<MailSent email={form.values.email.trim()} onBack={() => setSent(false)} />}>
      <AccountPage
        title={t("error.link_invalid")}
        lead={t("linkFailed.lead")}
        foot={<A href="/sign-in">{t("mail.toSignIn")}</A>}
      >
        <form
          class={`card ${styles.form}`}
          novalidate
          onSubmit={async (event) =>
            setSent(await form.submit(event, (values) => api.resendVerification(values.email.trim())))
          }
        >
          <TextField
            label={t("form.email")}
            name="email"
            type="email"
            autocomplete="email"
            value={form.values.email}
            onValue={(value) => form.set("email", value)}
            error={form.error("email")}
          />
          <ProblemNote problem={form.problem()} />
          <Button type="submit" variant="primary" busy={form.busy()}>
            {t("linkFailed.submit")}
          </Button>
        </form>
      </AccountPage>
    </Show>
  );
}
