// Forgotten password: asks for the address and says the same whether it is known or not.
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
import styles from "./account.module.css";

export default function Forgot() {
  const [sent, setSent] = createSignal(false);
  const form = createForm({ email: "" }, (values) => faults({ email: emailProblem(values.email) }));
  return (
    <AccountPage title={t("forgot.heading")} lead={t("forgot.lead")} foot={<A href="/sign-in">{t("mail.toSignIn")}</A>}>
      <Show
        when={!sent()}
        fallback={
          <div class={`card ${styles.notice}`}>
            <p>{t("forgot.sent")}</p>
            <p class="quiet">{t("forgot.help")}</p>
          </div>
        }
      >
        <form
          class={`card ${styles.form}`}
          novalidate
          onSubmit={async (event) =>
            setSent(await form.submit(event, (values) => api.requestReset(values.email.trim())))
          }
        >
          <TextField
            label={t("form.email")}
            name="email"
            type="email"
            autocomplete="username"
            value={form.values.email}
            onValue={(value) => form.set("email", value)}
            error={form.error("email")}
          />
          <ProblemNote problem={form.problem()} />
          <Button type="submit" variant="primary" busy={form.busy()}>
            {t("forgot.submit")}
          </Button>
        </form>
      </Show>
    </AccountPage>
  );
}
