// Sign-in by password (with a code after it where the person has set one up) or in another way; leads back to where one came from.
import { A, useNavigate, useSearchParams } from "@solidjs/router";
import { createSignal, Show } from "solid-js";
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
import { OtherWays } from "./other-ways.tsx";
import { SecondStep } from "./second-step.tsx";
import styles from "./account.module.css";

export default function SignIn() {
  const [search] = useSearchParams<{ to?: string; reset?: string; error?: string }>();
  const navigate = useNavigate();
  const form = createForm({ email: "", password: "" }, (values) =>
    faults({ email: emailProblem(values.email), password: values.password === "" ? "required" : null }),
  );

  const [asked, setAsked] = createSignal(false);
  const [over, setOver] = createSignal(false);

  async function submit(event: SubmitEvent) {
    const done = await form.submit(event, async (values) => {
      const answer = await api.signIn(values.email.trim(), values.password);
      setAsked(answer.twoFactorRedirect === true);
    });
    if (done && !asked()) enter();
  }

  function enter() {
    queryClient.clear();
    navigate(safeReturnPath(search.to), { replace: true });
  }

  function back(isOver: boolean) {
    form.set("password", "");
    setAsked(false);
    setOver(isOver);
  }

  /** What led here, where something did. */
  const lead = (): { lead?: string } => {
    if (over()) return { lead: t("signIn.stepOver") };
    if (search.error) return { lead: t("signIn.providerFailed") };
    if (search.reset) return { lead: t("signIn.afterReset") };
    return search.to ? { lead: t("signIn.toContinue") } : {};
  };

  return (
    <Show when={!asked()} fallback={<SecondStep onDone={enter} onBack={back} />}>
      <AccountPage
        title={t("signIn.title")}
        {...lead()}
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
          <OtherWays returnPath={safeReturnPath(search.to)} onDone={enter} />
        </form>
      </AccountPage>
    </Show>
  );
}
