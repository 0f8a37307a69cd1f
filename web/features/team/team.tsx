// The people of a tenant (or of the platform): who belongs to it with which role, and who is invited.
import { useQueryClient } from "@tanstack/solid-query";
import MailPlus from "lucide-solid/icons/mail-plus";
import { createSignal, For, Show } from "solid-js";
import type { InvitationView, MemberView, TeamView } from "../../../worker/rules/views-people.ts";
import type { Role } from "../../../worker/rules/views.ts";
import { problemOf } from "../../api.ts";
import { peopleApi } from "../../api-people.ts";
import { ago, dateTime, t, type Key } from "../../i18n/language.ts";
import { problemWords } from "../../i18n/words.ts";
import { keys } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { useNow } from "../../ui/clock.ts";
import { Load } from "../../ui/load.tsx";
import { Page, Section } from "../../ui/page.tsx";
import { showToast } from "../../ui/toast.tsx";
import { useData } from "../../use-data.ts";
import { useSession, useTenant } from "../frame/session.tsx";
import { InviteDialog } from "./invite-dialog.tsx";
import { LeaveDialog, type Parting } from "./leave-dialog.tsx";
import { Member } from "./member.tsx";
import styles from "./team.module.css";

/** The team of the tenant that the frame is about. */
export default function Team() {
  const { tenant, can } = useTenant();
  return (
    <TeamPage title={t("nav.team")} place={tenant().id} placeName={tenant().name} mayManage={can("team.manage")} />
  );
}

export function TeamPage(props: { title: string; place: string; placeName: string; mayManage: boolean }) {
  const client = useQueryClient();
  const { me } = useSession();
  const team = useData(() => ({ queryKey: keys.team(props.place), queryFn: () => peopleApi.team(props.place) }));
  const [inviting, setInviting] = createSignal(false);
  const [parting, setParting] = createSignal<Parting | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: keys.team(props.place) });

  /** Roles decide what oneself sees, too. */
  async function changeRole(member: MemberView, role: Role) {
    try {
      await peopleApi.changeRole(props.place, member.id, role);
      showToast({
        tone: "good",
        text: t("team.roleChanged", { name: member.name, role: t(`role.${role}` as Key) }),
      });
      if (member.id === me().user.id) void client.invalidateQueries({ queryKey: keys.me });
    } catch (thrown) {
      tell(thrown);
    }
    await refresh();
  }

  return (
    <Page
      title={props.title}
      narrow
      actions={
        <Show when={props.mayManage}>
          <Button variant="primary" icon={MailPlus} onClick={() => setInviting(true)}>
            {t("team.invite")}
          </Button>
        </Show>
      }
    >
      <Load query={team}>
        {(data) => (
          <>
            <Section title={t("team.members")} flush>
              <ul class={styles.rows}>
                <For each={data().members}>
                  {(member) => (
                    <Member
                      member={member}
                      self={member.id === me().user.id}
                      mayManage={props.mayManage}
                      onRole={(role) => void changeRole(member, role)}
                      onPart={(how) => setParting({ member, how })}
                    />
                  )}
                </For>
              </ul>
            </Section>
            <Show when={props.mayManage}>
              <Invitations place={props.place} team={data()} onChange={refresh} />
            </Show>
          </>
        )}
      </Load>
      <InviteDialog open={inviting()} place={props.place} onClose={() => setInviting(false)} onDone={refresh} />
      <LeaveDialog
        parting={parting()}
        place={props.place}
        placeName={props.placeName}
        onClose={() => setParting(null)}
        onDone={refresh}
      />
    </Page>
  );
}

function Invitations(props: { place: string; team: TeamView; onChange: () => void }) {
  const now = useNow();
  const [busy, setBusy] = createSignal<string | null>(null);
  async function withdraw(invitation: InvitationView) {
    setBusy(invitation.id);
    try {
      await peopleApi.withdrawInvitation(props.place, invitation.id);
    } catch (thrown) {
      tell(thrown);
    }
    setBusy(null);
    props.onChange();
  }
  return (
    <Section title={t("team.invited")} flush>
      <Show when={props.team.invitations.length > 0} fallback={<p class={styles.none}>{t("team.noInvitations")}</p>}>
        <ul class={styles.rows}>
          <For each={props.team.invitations}>
            {(invitation) => (
              <li class={styles.row} data-invitation-id={invitation.id}>
                <div class={styles.who}>
                  <b>{invitation.email}</b>
                  <p class="small quiet">
                    {t("team.invitedBy", { name: invitation.invitedBy, when: ago(invitation.createdAt, now()) })} ·{" "}
                    {t("team.invitedUntil", { when: dateTime(invitation.expiresAt) })}
                  </p>
                </div>
                <span class={styles.role}>{t(`role.${invitation.role}` as Key)}</span>
                <Button
                  small
                  busy={busy() === invitation.id}
                  aria-label={t("team.withdrawOf", { email: invitation.email })}
                  onClick={() => withdraw(invitation)}
                >
                  {t("team.withdraw")}
                </Button>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </Section>
  );
}

function tell(thrown: unknown): void {
  const problem = problemOf(thrown);
  const { what, help } = problemWords(problem.code, problem.params);
  showToast({ tone: "bad", text: what, detail: help });
}
