// For a person who belongs to no organisation: the invitations that wait, or what to do to get one.
import { useNavigate } from "@solidjs/router";
import { useQueryClient } from "@tanstack/solid-query";
import MailOpen from "lucide-solid/icons/mail-open";
import { For, Show } from "solid-js";
import type { InvitationOffer } from "../../../worker/rules/views-people.ts";
import { peopleApi } from "../../api-people.ts";
import { t } from "../../i18n/language.ts";
import { keys } from "../../queries.ts";
import { Load } from "../../ui/load.tsx";
import { Empty, Page } from "../../ui/page.tsx";
import { useData } from "../../use-data.ts";
import { useSession } from "../frame/session.tsx";
import { Offer } from "./offer.tsx";
import styles from "./invitations.module.css";

export default function Welcome() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { me } = useSession();
  const invitations = useData(() => ({ queryKey: keys.myInvitations, queryFn: peopleApi.myInvitations }));
  async function done(offer: InvitationOffer, accepted: boolean) {
    void client.invalidateQueries({ queryKey: keys.myInvitations });
    await client.invalidateQueries({ queryKey: keys.me });
    if (accepted) navigate(`/t/${offer.tenant.id}`);
  }
  return (
    <Page title={t("welcome.title", { name: me().user.name })} narrow>
      <Load query={invitations}>
        {(data) => (
          <Show
            when={data().invitations.length > 0}
            fallback={
              <div class="card">
                <Empty
                  icon={<MailOpen size={22} />}
                  title={t("welcome.none")}
                  text={t("welcome.noneText", { email: me().user.email })}
                />
              </div>
            }
          >
            <p>{t("welcome.invited")}</p>
            <div class={styles.list}>
              <For each={data().invitations}>
                {(offer) => (
                  <Offer offer={offer} answer={{ id: offer.id }} onDone={(accepted) => void done(offer, accepted)} />
                )}
              </For>
            </div>
          </Show>
        )}
      </Load>
    </Page>
  );
}
