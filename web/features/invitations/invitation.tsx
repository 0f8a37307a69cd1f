// The link of an invitation: who invites to what, and, once one is signed in with that address, yes or no.
import { A, useNavigate } from "@solidjs/router";
import { useQueryClient } from "@tanstack/solid-query";
import { onMount } from "solid-js";
import type { InvitationOffer } from "../../../worker/rules/views-people.ts";
import { api, problemOf } from "../../api.ts";
import { peopleApi } from "../../api-people.ts";
import { t } from "../../i18n/language.ts";
import { keys, queryClient, useMe } from "../../queries.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Load } from "../../ui/load.tsx";
import { useData } from "../../use-data.ts";
import { AccountPage } from "../account/layout.tsx";
import accountStyles from "../account/account.module.css";
import { Offer } from "./offer.tsx";

const KEPT = "nubemox.invitation";

export default function Invitation() {
  // Gone from the address bar at once; kept for this tab, because signing in or up leads away and back.
  const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? kept();
  onMount(() => {
    keep(token);
    history.replaceState(history.state, "", location.pathname);
  });
  const offer = useData(() => ({
    queryKey: ["invitation", token],
    queryFn: () => peopleApi.lookAtInvitation(token ?? ""),
    retry: false as const,
  }));
  return (
    <AccountPage title={t("invitation.title")} foot={<A href="/">{t("invitation.toPortal")}</A>}>
      <Load query={offer}>{(data) => <Answer offer={data()} token={token ?? ""} />}</Load>
    </AccountPage>
  );
}

function Answer(props: { offer: InvitationOffer; token: string }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const me = useMe();
  const anonymous = () => me.isError && problemOf(me.error).code === "not_signed_in";
  const other = () => {
    const email = me.data?.user.email;
    return email !== undefined && email.toLowerCase() !== props.offer.email.toLowerCase() ? email : null;
  };

  async function signOut() {
    await api.signOut().catch(() => undefined);
    queryClient.clear();
    navigate("/sign-in?to=/invitation");
  }
  async function done(accepted: boolean) {
    keep(null);
    await client.invalidateQueries({ queryKey: keys.me });
    navigate(accepted ? `/t/${props.offer.tenant.id}` : "/", { replace: true });
  }

  return (
    <Offer
      offer={props.offer}
      answer={{ token: props.token }}
      onDone={(accepted) => void done(accepted)}
      instead={
        anonymous() ? (
          <>
            <p>{t("invitation.signInFirst", { email: props.offer.email })}</p>
            <div class={accountStyles.buttons}>
              <LinkButton variant="primary" href="/sign-in?to=/invitation">
                {t("signIn.title")}
              </LinkButton>
              <LinkButton href={`/sign-up?invitation=1&email=${encodeURIComponent(props.offer.email)}`}>
                {t("signUp.title")}
              </LinkButton>
            </div>
          </>
        ) : other() ? (
          <>
            <p>{t("invitation.otherAddress", { email: props.offer.email, mine: other() ?? "" })}</p>
            <div class={accountStyles.buttons}>
              <Button variant="primary" onClick={signOut}>
                {t("invitation.changeAccount")}
              </Button>
            </div>
          </>
        ) : undefined
      }
    />
  );
}

function kept(): string | null {
  try {
    return sessionStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function keep(token: string | null): void {
  try {
    if (token) sessionStorage.setItem(KEPT, token);
    else sessionStorage.removeItem(KEPT);
  } catch {
    // Storage is refused: the link in the mail has to be opened again after signing in.
  }
}
