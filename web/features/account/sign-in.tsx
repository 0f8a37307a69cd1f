// Sign-in; leads back to the page that asked for it.
import { A, useNavigate, useSearchParams } from "@solidjs/router";
import { Show } from "solid-js";
import { api } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { queryClient } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { ProblemNote } from "../../ui/problem.tsx";
import { emailProblem, faults, safeReturnPath } from "./checks.ts";
import { AccountPage } from "./layout.tsx";
import { ResendButton } from "./mail-sent.tsx";
import styles from "./account.module.css";

export default function SignIn() {
  const [search] = useSearchParams<{ to?: string; reset?: string }>();
  const navigate = useNavigate();
  const form = createForm({ email: "", password: "" }, (values) =>
    faults({ email: emailProblem(values.email), password: values.password === "" ? "required" : null }),
  );

  async function submit(event: SubmitEvent) {
    const done = await form.submit(event, (values) => api.signIn(values.email.trim(), values.password));
    if (!done) return;
    queryClient.clear();
    navigate(safeReturnPath(search.to), { replace: true });
  }

  return (
    <AccountPage
      title={t("signIn.title")}
      {...(search.reset ? { lead: t("signIn.afterReset") } : search.to ? { lead: t("signIn.toContinue") } : {})}
      foot={
        <>
          <span>{t("signIn.noAccount")}</span>
          <A href="/sign-up">{t("signUp.title")}</A>
        </>
      }
    >
      <form class={`card ${styles.form}`} novalidate onSubmit={submit}>
        <TextField
          label={t("form.email")}
          name="email"
          type="email"
          autocomplete="username"
          value={form.values.email}
          onValue={(value) => form.set("email", value)}
          error={form.error("email")}
        />
        <TextField
          label={t("form.password")}
          name="password"
          type="password"
          autocomplete="current-password"
          value={form.values.password}
          onValue={(value) => form.set("password", value)}
          error={form.error("password")}
        />
        <div class={styles.between}>
          <A href="/forgot-password">{t("forgot.title")}</A>
        </div>
        <ProblemNote problem={form.problem()} />
        <Show when={form.problem()?.code === "email_not_verified"}>
          <ResendButton email={form.values.email.trim()} />
        </Show>
        <Button type="submit" variant="primary" busy={form.busy()}>
          {t("signIn.submit")}
        </Button>
      </form>
    </AccountPage>
  );
}
