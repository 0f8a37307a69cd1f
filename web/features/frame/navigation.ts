// The pages that a person can reach, in the order of the rail; rail, bottom bar and palette read this one list.
import Activity from "lucide-solid/icons/activity";
import Archive from "lucide-solid/icons/archive";
import Building from "lucide-solid/icons/building";
import CalendarClock from "lucide-solid/icons/calendar-clock";
import ChartNoAxesColumn from "lucide-solid/icons/chart-no-axes-column";
import Disc from "lucide-solid/icons/disc-3";
import FileTerminal from "lucide-solid/icons/file-terminal";
import Gauge from "lucide-solid/icons/gauge";
import Inbox from "lucide-solid/icons/inbox";
import KeyRound from "lucide-solid/icons/key-round";
import KeySquare from "lucide-solid/icons/key-square";
import LayoutDashboard from "lucide-solid/icons/layout-dashboard";
import LayoutTemplate from "lucide-solid/icons/layout-template";
import MailOpen from "lucide-solid/icons/mail-open";
import Network from "lucide-solid/icons/network";
import Rocket from "lucide-solid/icons/rocket";
import Ruler from "lucide-solid/icons/ruler";
import ScrollText from "lucide-solid/icons/scroll-text";
import Scale from "lucide-solid/icons/scale";
import Store from "lucide-solid/icons/store";
import Server from "lucide-solid/icons/server";
import Settings from "lucide-solid/icons/settings";
import ShieldCheck from "lucide-solid/icons/shield-check";
import Users from "lucide-solid/icons/users";
import UsersRound from "lucide-solid/icons/users-round";
import type { MeView } from "../../../worker/rules/views.ts";
import { t } from "../../i18n/language.ts";
import type { Icon } from "../../ui/button.tsx";
import { mayIn, type Tenant } from "./session.tsx";

export interface Place {
  label: string;
  href: string;
  icon: Icon;
  /** True where only this very address counts as being there. */
  exact?: boolean;
  /** How many things wait there. */
  count?: number;
}

/** Pages about a tenant. */
export function tenantPlaces(tenant: Tenant): Place[] {
  const base = `/t/${tenant.id}`;
  return [
    { label: t("nav.overview"), href: base, icon: LayoutDashboard, exact: true },
    { label: t("nav.services"), href: `${base}/services`, icon: Server },
    { label: t("nav.activity"), href: `${base}/operations`, icon: Activity },
    { label: t("nav.backups"), href: `${base}/backups`, icon: Archive },
    { label: t("nav.schedules"), href: `${base}/schedules`, icon: CalendarClock },
    { label: t("quota.title"), href: `${base}/quota`, icon: Gauge },
    ...(mayIn(tenant, "children.read")
      ? [
          { label: t("nav.tenants"), href: `${base}/tenants`, icon: Users },
          { label: t("nav.usage"), href: `${base}/usage`, icon: ChartNoAxesColumn },
        ]
      : []),
    ...(mayIn(tenant, "children.manage")
      ? [{ label: t("nav.requests"), href: `${base}/requests`, icon: Inbox, count: tenant.openRequests }]
      : []),
    ...(mayIn(tenant, "children.read")
      ? [{ label: t("nav.storefront"), href: `${base}/storefront`, icon: Store }]
      : []),
    { label: t("nav.team"), href: `${base}/team`, icon: UsersRound },
    ...(mayIn(tenant, "keys.read") ? [{ label: t("nav.keys"), href: `${base}/keys`, icon: KeyRound }] : []),
    ...(mayIn(tenant, "audit.read") ? [{ label: t("nav.audit"), href: `${base}/audit`, icon: ScrollText }] : []),
    ...(mayIn(tenant, "settings.manage")
      ? [{ label: t("nav.settings"), href: `${base}/settings`, icon: Settings }]
      : []),
  ];
}

export function launchPlace(tenant: Tenant): Place | null {
  if (tenant.role === "viewer" || !tenant.open) return null;
  return { label: t("nav.launch"), href: `/t/${tenant.id}/launch`, icon: Rocket };
}

/** Pages about the person who is signed in. */
export function personPlaces(me: MeView): Place[] {
  return [
    ...(me.invitations > 0 ? [{ label: t("nav.invitations"), href: "/welcome", icon: MailOpen }] : []),
    { label: t("nav.security"), href: "/account/security", icon: ShieldCheck },
    { label: t("nav.sshKeys"), href: "/account/ssh-keys", icon: KeySquare },
  ];
}

/** Pages of the people who run the platform. */
export function operatorPlaces(me: MeView): Place[] {
  if (!me.operator) return [];
  return [
    { label: t("nav.clusters"), href: "/operator/clusters", icon: Network },
    { label: t("nav.templates"), href: "/operator/templates", icon: LayoutTemplate },
    { label: t("nav.scripts"), href: "/operator/scripts", icon: FileTerminal },
    { label: t("nav.images"), href: "/operator/images", icon: Disc },
    { label: t("nav.plans"), href: "/operator/plans", icon: Ruler },
    { label: t("nav.allTenants"), href: "/operator/tenants", icon: Building },
    { label: t("nav.findings"), href: "/operator/findings", icon: Scale },
    { label: t("nav.requests"), href: "/operator/requests", icon: Inbox, count: me.platformRequests },
    { label: t("nav.usage"), href: "/operator/usage", icon: ChartNoAxesColumn },
    { label: t("nav.storefront"), href: "/operator/storefront", icon: Store },
    { label: t("nav.capacity"), href: "/operator/capacity", icon: Gauge },
    { label: t("nav.operators"), href: "/operator/team", icon: UsersRound },
    { label: t("nav.allAudit"), href: "/operator/audit", icon: ScrollText },
  ];
}
