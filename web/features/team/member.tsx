// One person of a team: name, role, second factor, and what may be done about the membership.
import Crown from "lucide-solid/icons/crown";
import Ellipsis from "lucide-solid/icons/ellipsis";
import LogOut from "lucide-solid/icons/log-out";
import ShieldCheck from "lucide-solid/icons/shield-check";
import UserMinus from "lucide-solid/icons/user-minus";
import { Show } from "solid-js";
import type { MemberView } from "../../../worker/rules/views-people.ts";
import type { Role } from "../../../worker/rules/views.ts";
import { dateTime, t, type Key } from "../../i18n/language.ts";
import { Menu, type MenuItem } from "../../ui/menu.tsx";
import type { Parting } from "./leave-dialog.tsx";
import { ROLES } from "./roles.ts";
import styles from "./team.module.css";

export function Member(props: {
  member: MemberView;
  self: boolean;
  mayManage: boolean;
  onRole: (role: Role) => void;
  onPart: (how: Parting["how"]) => void;
}) {
  const items = (): MenuItem[] => {
    if (props.self)
      return [{ label: t("team.leave"), icon: LogOut, danger: true, onSelect: () => props.onPart("leave") }];
    if (!props.mayManage) return [];
    return [
      { label: t("team.handOver"), icon: Crown, onSelect: () => props.onPart("hand-over") },
      { label: t("team.remove"), icon: UserMinus, danger: true, onSelect: () => props.onPart("remove") },
    ];
  };
  return (
    <li class={styles.row} data-member-id={props.member.id} data-role={props.member.role}>
      <div class={styles.who}>
        <b>
          {props.member.name}
          <Show when={props.self}>
            <span class={styles.you}>{t("team.you")}</span>
          </Show>
          <Show when={props.member.secondFactor}>
            <span class={styles.factor} title={t("team.secondFactor")}>
              <ShieldCheck size={16} aria-hidden="true" />
              <span class="visually-hidden">{t("team.secondFactor")}</span>
            </span>
          </Show>
        </b>
        <p class="small quiet">
          {props.member.email} · {t("tenants.since", { when: dateTime(props.member.since) })}
        </p>
      </div>
      <Show when={props.mayManage} fallback={<span class={styles.role}>{t(`role.${props.member.role}` as Key)}</span>}>
        <select
          class={styles.select}
          aria-label={t("team.roleOf", { name: props.member.name })}
          onChange={(event) => {
            const wanted = event.currentTarget.value as Role;
            // What is shown follows the server: a refused change must not look as if it were made.
            event.currentTarget.value = props.member.role;
            props.onRole(wanted);
          }}
        >
          {ROLES.map((role) => (
            <option value={role} selected={role === props.member.role}>
              {t(`role.${role}` as Key)}
            </option>
          ))}
        </select>
      </Show>
      <Show when={items().length > 0} fallback={<span class={styles.gap} />}>
        <Menu label={t("services.actionsOf", { name: props.member.name })} groups={[{ items: items() }]}>
          <Ellipsis size={16} aria-hidden="true" />
        </Menu>
      </Show>
    </li>
  );
}
