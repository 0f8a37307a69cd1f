// The switch between the organisations that a person belongs to: resellers and others apart, with what is unusual about each.
import ChevronsUpDown from "lucide-solid/icons/chevrons-up-down";
import ShieldAlert from "lucide-solid/icons/shield-alert";
import { Show } from "solid-js";
import { brand } from "../../brand/front.ts";
import { t, type Key } from "../../i18n/language.ts";
import type { Icon } from "../../ui/button.tsx";
import { BrandMark } from "../../ui/logo.tsx";
import { Menu, type MenuItem } from "../../ui/menu.tsx";
import { Mark } from "../../ui/status.tsx";
import { useSession, type Tenant } from "./session.tsx";
import styles from "./frame.module.css";

/** From this many on, typing finds one sooner than looking. */
const MANY = 8;

export function TenantSwitcher() {
  const { me, tenant } = useSession();
  const group = (title: string, kinds: readonly Tenant["kind"][]) => ({
    title,
    items: me()
      .tenants.filter((candidate) => kinds.includes(candidate.kind))
      .map((candidate) => item(candidate, candidate.id === tenant()?.id)),
  });
  return (
    <Menu
      buttonClass={styles.switcher}
      search={me().tenants.length > MANY ? t("frame.findTenant") : undefined}
      groups={[group(t("frame.yourResellers"), ["platform", "reseller"]), group(t("frame.yourTenants"), ["tenant"])]}
    >
      <BrandMark size={28} />
      <span class={styles.tenant}>
        <b>{tenant()?.name ?? brand().name}</b>
        <span class="visually-hidden">{t("frame.switchTenant")}</span>
        <Show when={tenant()}>
          {(current) => (
            <small class={current().open ? "" : styles.held}>
              {oddity(current())?.word ?? t(`kind.${current().kind}` as Key)}
            </small>
          )}
        </Show>
      </span>
      <ChevronsUpDown size={14} aria-hidden="true" class={styles.word} />
    </Menu>
  );
}

function item(tenant: Tenant, chosen: boolean): MenuItem {
  const odd = oddity(tenant);
  return {
    label: tenant.name,
    href: `/t/${tenant.id}`,
    chosen,
    hint: odd?.word ?? t(`role.${tenant.role}` as Key),
    ...(odd && !chosen ? { icon: odd.icon } : {}),
  };
}

const Held: Icon = () => <Mark shape="bars" />;
const Waiting: Icon = () => <Mark shape="ring" />;

/** What keeps an organisation from being used as usual; null where nothing does. */
function oddity(tenant: Tenant): { word: string; icon: Icon } | null {
  if (tenant.secondFactorMissing) return { word: t("frame.secondFactorMissing"), icon: ShieldAlert };
  if (tenant.status === "pending") return { word: t("tenants.pending"), icon: Waiting };
  if (tenant.status === "deleting") return { word: t("tenants.deleting"), icon: Held };
  return tenant.open ? null : { word: t("tenants.suspended"), icon: Held };
}
