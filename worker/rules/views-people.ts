// Shapes of the API about people: who belongs to a tenant, invitations, a person's own security, keys for programs.
import type { Permission } from "./permissions.ts";
import type { Role, TenantKind } from "./views.ts";

export interface MemberView {
  /** The person's id. */
  id: string;
  name: string;
  email: string;
  role: Role;
  /** True where a second factor or a passkey is set up. */
  secondFactor: boolean;
  since: number;
}

/** Times are milliseconds since 1970. */
export interface InvitationView {
  id: string;
  email: string;
  role: Role;
  invitedBy: string;
  createdAt: number;
  expiresAt: number;
}

/** Answer of `GET …/team`; `invitations` is empty for those who may not invite. */
export interface TeamView {
  members: MemberView[];
  invitations: InvitationView[];
}

/** What the one who is invited sees, before and after signing in. */
export interface InvitationOffer {
  id: string;
  tenant: { id: string; name: string; kind: TenantKind };
  role: Role;
  /** The address that it was sent to; only its person may accept. */
  email: string;
  invitedBy: string;
  expiresAt: number;
}

/** Answer of `GET …/settings`. */
export interface TenantSettingsView {
  name: string;
  requireSecondFactor: boolean;
  /** Name of the one above that demands it of everybody below, null where none does. */
  secondFactorDemandedBy: string | null;
}

/** Answer of `GET /api/security`: everything about how this person signs in. */
export interface SecurityView {
  hasPassword: boolean;
  totp: { enabled: boolean; recoveryCodesLeft: number };
  passkeys: { id: string; name: string; createdAt: number | null; backedUp: boolean }[];
  sessions: {
    id: string;
    current: boolean;
    factor: string | null;
    ipAddress: string | null;
    userAgent: string | null;
    createdAt: number;
    lastSeenAt: number;
    expiresAt: number;
  }[];
  /** Sign-in providers that are tied to this account. */
  providers: { id: string; name: string }[];
}

export interface ApiKeyView {
  id: string;
  name: string;
  scopes: Permission[];
  madeBy: string;
  createdAt: number;
  expiresAt: number | null;
  lastUsedAt: number | null;
  lastUsedFrom: string | null;
}

/** Answer of making a key: the only time that the secret is told. */
export interface ApiKeyMade {
  key: ApiKeyView;
  /** `nbx_<id>_<secret>`, to be sent as `Authorization: Bearer …`. */
  token: string;
}
