// The Worker's routes about people: a person's own security, teams, invitations, keys for programs, the audit, findings.
import type { AuditPage, AuditVerdict } from "../worker/rules/views-audit.ts";
import type { FindingsPage, Repair } from "../worker/rules/views-findings.ts";
import type {
  ApiKeyMade,
  ApiKeyView,
  InvitationOffer,
  SecurityView,
  TeamView,
  TenantSettingsView,
} from "../worker/rules/views-people.ts";
import type { Permission } from "../worker/rules/permissions.ts";
import type { AuditOutcome, Role } from "../worker/rules/views.ts";
import { get, part, post, send, tenantPath } from "./api.ts";

export interface NewKeyBody {
  name: string;
  scopes: Permission[];
  /** Milliseconds since 1970; null for a key that does not expire. */
  expiresAt: number | null;
}

/** Which entries of the audit; times in milliseconds since 1970. */
export interface AuditFilter {
  actor?: string;
  action?: string;
  outcome?: AuditOutcome;
  from?: number;
  to?: number;
  /** A tenant below one's own. */
  tenant?: string;
  /** True for everything below one's own, too. */
  below?: boolean;
}

/** Whose audit is read: a tenant's id, `platform` for everything there is, `me` for what concerns oneself alone. */
export type AuditOf = { tenant: string } | "platform" | "me";

/** Stands for the platform where a tenant's id would be: those who run it are a team too. */
export const PLATFORM = "platform";

export const peopleApi = {
  security: () => get<SecurityView>("/api/security"),
  endSession: (session: string) => send<unknown>("DELETE", `/api/security/sessions/${part(session)}`),
  endOtherSessions: () => post<unknown>("/api/security/sessions/end-others", {}),
  changePassword: (currentPassword: string, newPassword: string) =>
    post<unknown>("/api/auth/change-password", { currentPassword, newPassword }),
  beginTotp: (password: string) =>
    post<{ totpURI: string; backupCodes: string[] }>("/api/auth/two-factor/enable", { password }),
  verifyTotp: (code: string) => post<unknown>("/api/auth/two-factor/verify-totp", { code }),
  verifyRecoveryCode: (code: string) => post<unknown>("/api/auth/two-factor/verify-backup-code", { code }),
  endTotp: (password: string) => post<unknown>("/api/auth/two-factor/disable", { password }),
  newRecoveryCodes: (password: string) =>
    post<{ backupCodes: string[] }>("/api/auth/two-factor/generate-backup-codes", { password }),
  passkeyOptions: () => get<unknown>("/api/auth/passkey/generate-register-options"),
  addPasskey: (response: unknown, name: string) =>
    post<unknown>("/api/auth/passkey/verify-registration", { response, name }),
  renamePasskey: (id: string, name: string) => post<unknown>("/api/auth/passkey/update-passkey", { id, name }),
  removePasskey: (id: string) => post<unknown>("/api/auth/passkey/delete-passkey", { id }),
  passkeyChallenge: () => get<unknown>("/api/auth/passkey/generate-authenticate-options"),
  signInWithPasskey: (response: unknown) => post<unknown>("/api/auth/passkey/verify-authentication", { response }),
  signInWithProvider: (provider: string, callbackURL: string) =>
    post<{ url: string }>("/api/auth/sign-in/social", { provider, callbackURL, errorCallbackURL: "/sign-in" }),

  team: (tenant: string) => get<TeamView>(`${placePath(tenant)}/team`),
  invite: (tenant: string, body: { email: string; role: Role }) =>
    post<unknown>(`${placePath(tenant)}/invitations`, body),
  withdrawInvitation: (tenant: string, invitation: string) =>
    send<unknown>("DELETE", `${placePath(tenant)}/invitations/${part(invitation)}`),
  changeRole: (tenant: string, member: string, role: Role) =>
    send<unknown>("PUT", `${placePath(tenant)}/team/${part(member)}`, { role }),
  removeMember: (tenant: string, member: string) =>
    send<unknown>("DELETE", `${placePath(tenant)}/team/${part(member)}`),
  transfer: (tenant: string, member: string) => post<unknown>(`${placePath(tenant)}/team/${part(member)}/transfer`, {}),
  settings: (tenant: string) => get<TenantSettingsView>(`${placePath(tenant)}/settings`),
  saveSettings: (tenant: string, body: { name?: string; requireSecondFactor?: boolean }) =>
    send<unknown>("PUT", `${placePath(tenant)}/settings`, body),
  renewAccess: (tenant: string) => post<{ rotated: number }>(`${tenantPath(tenant)}/credentials/rotate`, {}),
  myInvitations: () => get<{ invitations: InvitationOffer[] }>("/api/invitations"),
  lookAtInvitation: (token: string) => post<InvitationOffer>("/api/invitations/look", { token }),
  acceptInvitation: (body: { token: string } | { id: string }) => post<unknown>("/api/invitations/accept", body),
  declineInvitation: (body: { token: string } | { id: string }) => post<unknown>("/api/invitations/decline", body),

  apiKeys: (tenant: string) => get<{ keys: ApiKeyView[] }>(`${tenantPath(tenant)}/keys`),
  makeKey: (tenant: string, body: NewKeyBody) => post<ApiKeyMade>(`${tenantPath(tenant)}/keys`, body),
  revokeKey: (tenant: string, key: string) => send<unknown>("DELETE", `${tenantPath(tenant)}/keys/${part(key)}`),
};

export const auditApi = {
  audit: (of: AuditOf, filter: AuditFilter, before: string | null) =>
    get<AuditPage>(`${auditPath(of)}${query({ ...filter, before })}`),
  verifyAudit: (of: AuditOf, tenant?: string) => get<AuditVerdict>(`${auditPath(of)}/verify${query({ tenant })}`),
  findings: (status: string) => get<FindingsPage>(`/api/operator/findings${query({ status })}`),
  reconcile: () => post<FindingsPage>("/api/operator/reconcile", {}),
  repairFinding: (finding: string, repair: Repair, confirm?: string) =>
    post<unknown>(`/api/operator/findings/${part(finding)}/repair`, { repair, confirm }),
  ignoreFinding: (finding: string) => post<unknown>(`/api/operator/findings/${part(finding)}/ignore`, {}),
};

/** Address of the audit as a file, for a link. */
export function auditFile(of: AuditOf, filter: AuditFilter, format: "csv" | "json"): string {
  return `${auditPath(of)}/export${query({ ...filter, format })}`;
}

/** Address of a tenant, or of the platform where it stands in place of one. */
export function placePath(tenant: string): string {
  return tenant === PLATFORM ? "/api/operator" : tenantPath(tenant);
}

function auditPath(of: AuditOf): string {
  if (of === "platform") return "/api/operator/audit";
  if (of === "me") return "/api/audit";
  return `${tenantPath(of.tenant)}/audit`;
}

function query(values: Record<string, string | number | boolean | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === null || value === "" || value === false) continue;
    search.set(name, value === true ? "1" : String(value));
  }
  return search.size === 0 ? "" : `?${search}`;
}
