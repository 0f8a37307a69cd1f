// A new password; every other session ends with the old one.
import { A } from "@solidjs/router";
import { Show } from "solid-js";
import { peopleApi } from "../../api-people.ts";
import { t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { Section } from "../../ui/page.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { showToast } from "../../ui/toast.tsx";
import { accountPasswordProblem, faults } from "../account/checks.ts";
import styles from "./security.module.css";

export function PasswordSection(props: { hasPassword: boolean; email: string; onChange: () => void }) {
  const form = createForm({ currentPassword: "", newPassword: "" }, (values) =>
    faults({
      currentPassword: values.currentPassword === "" ? "required" : null,
      newPassword: accountPasswordProblem(values.newPassword),
    }),
  );
  async function submit(event: SubmitEvent) {
    const done = await form.submit(event, (values) =>
      peopleApi.changePassword(values.currentPassword, values.newPassword),
    );
    if (!done) return;
    form.reset();
    showToast({ tone: "good", text: t("security.passwordChanged") });
    props.onChange();
  }
  return (
    <Section title={t("form.password")}>
      <Show
        when={props.hasPassword}
        fallback={
          <div class={styles.block}>
            <p>{t("security.noPassword")}</p>
            <A href="/forgot-password">{t("security.makePassword")}</A>
          </div>
        }
      >
        <form class={styles.block} novalidate onSubmit={submit}>
          <input type="hidden" name="username" autocomplete="username" value={props.email} />
          <div class={styles.fields}>
            <TextField
              label={t("security.currentPassword")}
              name="currentPassword"
              type="password"
              autocomplete="current-password"
              value={form.values.currentPassword}
              onValue={(value) => form.set("currentPassword", value)}
              error={form.error("currentPassword")}
            />
            <TextField
              label={t("reset.password")}
              hint={t("form.passwordHint")}
              name="newPassword"
              type="password"
              autocomplete="new-password"
              value={form.values.newPassword}
              onValue={(value) => form.set("newPassword", value)}
              error={form.error("newPassword")}
            />
          </div>
          <p class="quiet small">{t("security.passwordHelp")}</p>
          <ProblemNote problem={form.problem()} />
          <div class={styles.buttons}>
            <Button type="submit" busy={form.busy()}>
              {t("reset.submit")}
            </Button>
          </div>
        </form>
      </Show>
    </Section>
  );
}
