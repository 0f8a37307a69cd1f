// New password by the link of a mail; the token stands in the fragment, so that no server log sees it.
import { A, useNavigate } from "@solidjs/router";
import { onMount, Show } from "solid-js";
import { api } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { ProblemNote } from "../../ui/problem.tsx";
import { accountPasswordProblem, faults } from "./checks.ts";
import { AccountPage } from "./layout.tsx";
import styles from "./account.module.css";

export default function Reset() {
  const navigate = useNavigate();
  const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
  // Gone from the address bar at once: it must not stay in the history.
  onMount(() => history.replaceState(history.state, "", location.pathname));
  const form = createForm({ password: "" }, (values) => faults({ password: accountPasswordProblem(values.password) }));

  async function submit(event: SubmitEvent) {
    const done = await form.submit(event, (values) => api.resetPassword(values.password, token));
    if (done) navigate("/sign-in?reset=1", { replace: true });
  }

  return (
    <AccountPage title={t("reset.title")} foot={<A href="/forgot-password">{t("reset.newLink")}</A>}>
      <Show
        when={token !== ""}
        fallback={
          <div class={`card ${styles.notice}`}>
            <b>{t("error.link_invalid")}</b>
            <p>{t("error.link_invalid.help")}</p>
          </div>
        }
      >
        <form class={`card ${styles.form}`} novalidate onSubmit={submit}>
          <TextField
            label={t("reset.password")}
            hint={t("form.passwordHint")}
            type="password"
            name="password"
            autocomplete="new-password"
            value={form.values.password}
            onValue={(value) => form.set("password", value)}
            error={form.error("password")}
          />
          <ProblemNote problem={form.problem()} />
          <Button type="submit" variant="primary" busy={form.busy()}>
            {t("reset.submit")}
          </Button>
        </form>
      </Show>
    </AccountPage>
  );
}
