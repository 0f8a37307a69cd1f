// Who may do what in a tenant: one table that the server enforces, the screens read and the scopes of API keys are made of.
import type { Role, TenantKind } from "./views.ts";

const ALL = ["owner", "operator", "viewer"] as const;
const WORKING = ["owner", "operator"] as const;
const OWNER = ["owner"] as const;
const ABOVE = ["reseller", "platform"] as const;
const PLATFORM = ["platform"] as const;

interface Rule {
  roles: readonly Role[];
  /** Only in tenants of these kinds does it exist at all; elsewhere its addresses are not found. */
  kinds?: readonly TenantKind[];
  /** Whether a key may carry it: what decides about people and keys is for people. */
  forKeys: boolean;
}

const TABLE = {
  "service.read": { roles: ALL, forKeys: true },
  "service.launch": { roles: WORKING, forKeys: true },
  "service.power": { roles: WORKING, forKeys: true },
  "service.change": { roles: WORKING, forKeys: true },
  "service.snapshot": { roles: WORKING, forKeys: true },
  "service.backup": { roles: WORKING, forKeys: true },
  "service.schedule": { roles: WORKING, forKeys: true },
  "service.script": { roles: WORKING, forKeys: true },
  "service.delete": { roles: WORKING, forKeys: true },
  "service.console": { roles: WORKING, forKeys: false },
  "quota.request": { roles: WORKING, forKeys: false },
  "team.read": { roles: ALL, forKeys: true },
  "team.manage": { roles: OWNER, forKeys: false },
  "keys.read": { roles: WORKING, forKeys: false },
  "keys.manage": { roles: WORKING, forKeys: false },
  "audit.read": { roles: WORKING, forKeys: true },
  "settings.manage": { roles: OWNER, forKeys: false },
  "children.read": { roles: ALL, kinds: ABOVE, forKeys: true },
  "children.manage": { roles: WORKING, kinds: ABOVE, forKeys: true },
  "children.delete": { roles: OWNER, kinds: ABOVE, forKeys: false },
  "storefront.manage": { roles: OWNER, kinds: ABOVE, forKeys: false },
  "plans.manage": { roles: WORKING, kinds: ABOVE, forKeys: true },
  "platform.read": { roles: ALL, kinds: PLATFORM, forKeys: false },
  "platform.manage": { roles: WORKING, kinds: PLATFORM, forKeys: false },
} as const satisfies Record<string, Rule>;

export type Permission = keyof typeof TABLE;
export const PERMISSIONS = Object.keys(TABLE) as Permission[];

/** Whether a role carries a permission, in a tenant where it exists. */
export function may(role: Role, permission: Permission): boolean {
  return (TABLE[permission].roles as readonly Role[]).includes(role);
}

/** Whether a permission means anything in a tenant of this kind. */
export function existsIn(kind: TenantKind, permission: Permission): boolean {
  const rule: Rule = TABLE[permission];
  return rule.kinds === undefined || rule.kinds.includes(kind);
}

/** What a key of somebody with this role may be given, in a tenant of this kind. */
export function scopesFor(role: Role, kind: TenantKind): Permission[] {
  return PERMISSIONS.filter(
    (permission) => TABLE[permission].forKeys && may(role, permission) && existsIn(kind, permission),
  );
}
