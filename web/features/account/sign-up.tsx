// Sign-up: name, organisation, address and password; then the word to look into one's mail.
import { A, useSearchParams } from "@solidjs/router";
import { createSignal, Show } from "solid-js";
import { tenantNameProblem } from "../../../worker/rules/names.ts";
import { api } from "../../api.ts";
import { brand, frontLink } from "../../brand/front.ts";
import { locale, t } from "../../i18n/language.ts";
import { useConfig } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { ProblemNote } from "../../ui/problem.tsx";
import { accountPasswordProblem, emailProblem, faults } from "./checks.ts";
import { AccountPage } from "./layout.tsx";
import { MailSent } from "./mail-sent.tsx";
import styles from "./account.module.css";

export default function SignUp() {
  const [search] = useSearchParams<{ invitation?: string; email?: string }>();
  // Who is invited joins an organisation instead of founding one, and only the invited address counts.
  const invited = search.invitation === "1";
  const [sentTo, setSentTo] = createSignal<string | null>(null);
  const config = useConfig();
  const form = createForm({ name: "", organisation: "", email: search.email ?? "", password: "" }, (values) =>
    faults({
      name: values.name.trim() === "" ? "required" : null,
      organisation: invited ? null : tenantNameProblem(values.organisation),
      email: emailProblem(values.email),
      password: accountPasswordProblem(values.password),
    }),
  );
  const bind = (field: "name" | "organisation" | "email" | "password") => ({
    name: field,
    get value() {
      return form.values[field];
    },
    onValue: (value: string) => form.set(field, value),
    get error() {
      return form.error(field);
    },
  });

  async function submit(event: SubmitEvent) {
    const done = await form.submit(event, (values) =>
      api.signUp({
        name: values.name.trim(),
        organisation: (invited ? values.name : values.organisation).trim(),
        email: values.email.trim(),
        password: values.password,
        locale: locale(),
        ...(frontLink() === null ? {} : { storefront: frontLink() ?? "" }),
      }),
    );
    if (done) setSentTo(form.values.email.trim());
  }

  return (
    <Show when={invited || config.data?.signUp !== "closed"} fallback={<Closed />}>
      <Show
        when={sentTo()}
        fallback={
          <AccountPage
            title={t("signUp.title")}
            lead={t(invited ? "signUp.leadInvited" : "signUp.lead")}
            foot={
              <>
                <span>{t("signUp.haveAccount")}</span>
                <A href="/sign-in">{t("signIn.title")}</A>
              </>
            }
          >
            <Show when={!invited && config.data?.signUp === "approval"}>
              <p class={styles.lead}>{t("join.approval", { name: brand().name })}</p>
            </Show>
            <form class={`card ${styles.form}`} novalidate onSubmit={submit}>
              <TextField label={t("signUp.name")} autocomplete="name" maxLength={100} {...bind("name")} />
              <Show when={!invited}>
                <TextField
                  label={t("signUp.organisation")}
                  hint={t("signUp.organisationHint")}
                  autocomplete="organization"
                  maxLength={60}
                  {...bind("organisation")}
                />
              </Show>
              <TextField label={t("form.email")} type="email" autocomplete="email" {...bind("email")} />
              <TextField
                label={t("form.password")}
                hint={t("form.passwordHint")}
                type="password"
                autocomplete="new-password"
                {...bind("password")}
              />
              <ProblemNote problem={form.problem()} />
              <Button type="submit" variant="primary" busy={form.busy()}>
                {t("signUp.submit")}
              </Button>
            </form>
          </AccountPage>
        }
      >
        {(email) => <MailSent email={email()} onBack={() => setSentTo(null)} />}
      </Show>
    </Show>
  );
}

/** Where nobody signs up by themselves: people are invited. */
function Closed() {
  return (
    <AccountPage title={t("join.closed")} foot={<A href="/sign-in">{t("signIn.title")}</A>}>
      <p class={styles.lead}>{t("join.closedText", { name: brand().name })}</p>
    </AccountPage>
  );
}
