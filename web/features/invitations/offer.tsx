// An invitation as a card, with the buttons to accept and to decline.
import { createSignal, Show, type JSX } from "solid-js";
import type { InvitationOffer } from "../../../worker/rules/views-people.ts";
import type { Problem } from "../../../worker/rules/views.ts";
import { problemOf } from "../../api.ts";
import { peopleApi } from "../../api-people.ts";
import { dateTime, t, type Key } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { showToast } from "../../ui/toast.tsx";
import styles from "./invitations.module.css";

export function Offer(props: {
  offer: InvitationOffer;
  /** How the Worker knows which one is meant: the token of the link, or the id where one is signed in. */
  answer: { token: string } | { id: string };
  onDone: (accepted: boolean) => void;
  /** Shown in place of the buttons. */
  instead?: JSX.Element;
}) {
  const [busy, setBusy] = createSignal<"accept" | "decline" | null>(null);
  const [problem, setProblem] = createSignal<Problem | null>(null);
  async function decide(what: "accept" | "decline") {
    setBusy(what);
    setProblem(null);
    try {
      await (what === "accept" ? peopleApi.acceptInvitation : peopleApi.declineInvitation)(props.answer);
    } catch (thrown) {
      setProblem(problemOf(thrown));
      return;
    } finally {
      setBusy(null);
    }
    showToast({
      tone: what === "accept" ? "good" : "plain",
      text: t(what === "accept" ? "invitation.accepted" : "invitation.declined", { name: props.offer.tenant.name }),
    });
    props.onDone(what === "accept");
  }
  return (
    <div class={`card ${styles.offer}`} data-invitation={props.offer.id}>
      <div>
        <h2>{props.offer.tenant.name}</h2>
        <p class="quiet small">{t(`kind.${props.offer.tenant.kind}` as Key)}</p>
      </div>
      <p>
        {t("invitation.text", {
          name: props.offer.invitedBy,
          tenant: props.offer.tenant.name,
          role: t(`role.${props.offer.role}` as Key),
        })}
      </p>
      <p class="quiet">{t(`role.may.${props.offer.role}` as Key)}</p>
      <p class="quiet small">{t("team.invitedUntil", { when: dateTime(props.offer.expiresAt) })}</p>
      <Show
        when={props.instead}
        fallback={
          <>
            <ProblemNote problem={problem()} />
            <div class={styles.buttons}>
              <Button variant="primary" busy={busy() === "accept"} onClick={() => decide("accept")}>
                {t("invitation.accept")}
              </Button>
              <Button busy={busy() === "decline"} onClick={() => decide("decline")}>
                {t("invitation.decline")}
              </Button>
            </div>
          </>
        }
      >
        {props.instead}
      </Show>
    </div>
  );
}
