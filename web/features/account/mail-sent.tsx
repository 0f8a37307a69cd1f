// After sign-up: a mail is on its way; it can be sent once more, or the address corrected.
import { A } from "@solidjs/router";
import { createSignal, onCleanup, Show } from "solid-js";
import type { Problem } from "../../../worker/rules/views.ts";
import { api, problemOf } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { AccountPage } from "./layout.tsx";
import styles from "./account.module.css";

/** Mail takes a moment; asking sooner only fills the mailbox. */
const PAUSE_SECONDS = 30;

export function MailSent(props: { email: string; onBack?: () => void }) {
  return (
    <AccountPage title={t("mail.title")} foot={<A href="/sign-in">{t("mail.toSignIn")}</A>}>
      <div class={`card ${styles.notice}`} data-testid="mail-sent">
        <p>
          {t("mail.sentTo")} <b>{props.email}</b>.
        </p>
        <p class="quiet">{t("mail.help")}</p>
        <div class={styles.buttons}>
          <ResendButton email={props.email} />
          <Show when={props.onBack}>
            <Button variant="quiet" onClick={() => props.onBack?.()}>
              {t("mail.otherAddress")}
            </Button>
          </Show>
        </div>
      </div>
    </AccountPage>
  );
}

/** Sends the confirmation mail again, then waits a while. */
export function ResendButton(props: { email: string }) {
  const [busy, setBusy] = createSignal(false);
  const [wait, setWait] = createSignal(0);
  const [problem, setProblem] = createSignal<Problem | null>(null);
  const timer = setInterval(() => setWait((seconds) => Math.max(0, seconds - 1)), 1000);
  onCleanup(() => clearInterval(timer));

  async function resend() {
    setBusy(true);
    setProblem(null);
    try {
      await api.resendVerification(props.email);
      setWait(PAUSE_SECONDS);
    } catch (thrown) {
      setProblem(problemOf(thrown));
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <Button busy={busy()} disabled={wait() > 0} onClick={resend}>
        {wait() > 0 ? t("mail.sentAgain", { seconds: wait() }) : t("mail.resend")}
      </Button>
      <ProblemNote problem={problem()} />
    </>
  );
}
