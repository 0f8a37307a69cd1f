// A new password for an account in a running machine, for those who are locked out: the agent in it sets it.
import { Show } from "solid-js";
import { guestUserProblem, passwordProblem } from "../../../worker/rules/names.ts";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { lifeApi } from "../../api-life.ts";
import { t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { createForm, onChange } from "../../ui/form.ts";
import { Section } from "../../ui/page.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { faults } from "../account/checks.ts";
import { applyAccepted } from "../feed/apply.ts";
import { useTenant } from "../frame/session.tsx";
import styles from "./service.module.css";

export function PasswordForm(props: { service: ServiceView; disabled: boolean }) {
  const { id } = useTenant();
  const start = () => ({ user: props.service.loginUser, password: "" });
  const form = createForm(start(), (values) =>
    faults({ user: guestUserProblem(values.user), password: passwordProblem(values.password) }),
  );
  onChange(
    () => props.service.id,
    () => form.reset(start()),
  );
  let key = crypto.randomUUID();

  async function submit(event: SubmitEvent) {
    const done = await form.submit(event, async (values) => {
      applyAccepted(id(), await lifeApi.setPassword(id(), props.service.id, values, key));
    });
    key = crypto.randomUUID();
    if (done) form.set("password", "");
  }

  return (
    <Section title={t("password.title")}>
      <Show when={props.service.kind === "vm"} fallback={<p class="quiet">{t("password.notHere")}</p>}>
        <form novalidate class={styles.size} onSubmit={submit}>
          <p class={styles.lead}>{t("password.lead")}</p>
          <div class={styles.fields}>
            <TextField
              label={t("launch.user")}
              name="user"
              mono
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
              maxLength={32}
              disabled={props.disabled}
              value={form.values.user}
              onValue={(value) => form.set("user", value)}
              error={form.error("user")}
            />
            <TextField
              label={t("password.new")}
              hint={t("password.hint")}
              name="password"
              type="password"
              autocomplete="new-password"
              maxLength={72}
              disabled={props.disabled}
              value={form.values.password}
              onValue={(value) => form.set("password", value)}
              error={form.error("password")}
            />
          </div>
          <ProblemNote problem={form.problem()} />
          <div class={styles.buttons}>
            <Button
              type="submit"
              busy={form.busy()}
              disabled={props.disabled || props.service.power !== "running" || form.values.password === ""}
            >
              {t("password.set")}
            </Button>
            <Show when={props.service.power !== "running"}>
              <span class="quiet">{t("password.startFirst")}</span>
            </Show>
          </div>
        </form>
      </Show>
    </Section>
  );
}
