// What each changing request is called in the audit: one row per route, so that none goes unnoticed (test/audit.test.ts).

const T = "/api/tenants/:tenant";

/** Action per route; null for requests that change nothing though their method would allow it. */
export const AUDIT_ACTIONS: Record<string, string | null> = {
  [`POST ${T}/quota/preview`]: null,
  [`POST ${T}/quota/requests`]: "quota.ask",
  [`DELETE ${T}/quota/requests/:request`]: "quota.withdraw",
  [`POST ${T}/services`]: "service.launch",
  [`DELETE ${T}/services/:service`]: "service.delete",
  [`POST ${T}/services/:service/power`]: "service.power",
  [`POST ${T}/services/:service/console`]: "service.console",
  [`POST ${T}/operations/:operation/retry`]: "service.retry",
  [`PUT ${T}/services/:service`]: "service.describe",
  [`PUT ${T}/services/:service/name`]: "service.rename",
  [`POST ${T}/services/:service/password`]: "service.password",
  [`POST ${T}/operations/:operation/cancel`]: "service.cancel",
  [`PUT ${T}/services/:service/expiry`]: "service.expiry",
  [`POST ${T}/services/:service/keep`]: "service.keep",
  [`POST ${T}/services/:service/rebuild`]: "service.rebuild",
  [`PUT ${T}/services/:service/media`]: "service.media",
  [`PUT ${T}/services/:service/size`]: "service.resize",
  [`POST ${T}/services/:service/size/revert`]: "service.resize-back",
  [`POST ${T}/services/:service/clone`]: "service.clone",
  [`POST ${T}/services/:service/snapshots`]: "snapshot.create",
  [`POST ${T}/services/:service/snapshots/:snapshot/rollback`]: "snapshot.rollback",
  [`DELETE ${T}/services/:service/snapshots/:snapshot`]: "snapshot.delete",
  [`POST ${T}/services/:service/backups`]: "backup.create",
  [`PUT ${T}/backups/:backup`]: "backup.change",
  [`DELETE ${T}/backups/:backup`]: "backup.delete",
  [`POST ${T}/backups/:backup/restore`]: "backup.restore",
  [`POST ${T}/backups/:backup/restore-over`]: "backup.restore-over",
  [`POST ${T}/services/:service/schedules`]: "schedule.create",
  [`PUT ${T}/schedules/:schedule`]: "schedule.change",
  [`DELETE ${T}/schedules/:schedule`]: "schedule.delete",
  ...everywhere({
    "POST /children": "child.create",
    "POST /children/preview": null,
    "POST /requests/:request/approve": "request.approve",
    "POST /requests/:request/decline": "request.decline",
    "PUT /children/:child/limits": "child.limits",
    "DELETE /children/:child": "child.delete",
    "POST /children/:child/suspend": "child.suspend",
    "POST /children/:child/resume": "child.resume",
    "POST /children/:child/approve": "child.approve",
    "POST /children/:child/decline": "child.decline",
    "PUT /storefront": "storefront.change",
    "PUT /defaults": "defaults.change",
    "POST /plans": "plan.create",
    "DELETE /plans/:plan": "plan.delete",
    "PUT /team/:member": "member.role",
    "DELETE /team/:member": "member.remove",
    "POST /team/:member/transfer": "member.transfer",
    "POST /invitations": "invitation.create",
    "DELETE /invitations/:invitation": "invitation.withdraw",
    "PUT /settings": "settings.change",
  }),
  "POST /api/invitations/look": null,
  "POST /api/invitations/accept": "invitation.accept",
  "POST /api/invitations/decline": "invitation.decline",
  [`POST ${T}/services/:service/scripts`]: "script.choose",
  [`DELETE ${T}/services/:service/scripts/:choice`]: "script.drop",
  [`POST ${T}/services/:service/scripts/:choice/run`]: "script.run",
  "POST /api/operator/scripts": "script.publish",
  "PUT /api/operator/scripts/:script": "script.change",
  [`POST ${T}/keys`]: "key.make",
  [`DELETE ${T}/keys/:key`]: "key.revoke",
  "POST /api/ssh-keys": "auth.add-ssh-key",
  "DELETE /api/ssh-keys/:key": "auth.remove-ssh-key",
  "DELETE /api/security/sessions/:session": "session.end",
  "POST /api/security/sessions/end-others": "session.end-others",
  "PUT /api/operator/capacity": "capacity.change",
  "POST /api/operator/clusters": "cluster.connect",
  "PUT /api/operator/clusters/:cluster": "cluster.move",
  "POST /api/operator/clusters/:cluster/check": "cluster.check",
  "POST /api/operator/images": "image.publish",
  "PUT /api/operator/images/:image": "image.show",
  "POST /api/operator/templates": "template.publish",
  "PUT /api/operator/templates/:template": "template.show",
  [`POST ${T}/credentials/rotate`]: "tenant.rotate",
  "POST /api/operator/tenants/:tenant/rotate": "tenant.rotate",
  "POST /api/operator/secrets/reseal": "platform.reseal",
  "POST /api/operator/reconcile": "platform.reconcile",
  "POST /api/operator/findings/:finding/repair": "finding.repair",
  "POST /api/operator/findings/:finding/ignore": "finding.ignore",
};

/** What no request of its own stands for: the portal's own deeds, and a tenant that comes with its founder. */
export const OWN_ACTIONS = [
  "tenant.create",
  "child.deleted",
  "operation.failed",
  "schedule.run",
  "schedule.retain",
  "service.moved",
  "service.expired",
  "service.delete",
  "finding.repair",
] as const;

/** Rows of routes that stand below a tenant and below the platform alike. */
function everywhere(rows: Record<string, string | null>): Record<string, string | null> {
  const pairs = Object.entries(rows).flatMap(([route, action]) => {
    const [method = "", path = ""] = route.split(" ");
    return [T, "/api/operator"].map((place) => [`${method} ${place}${path}`, action]);
  });
  return Object.fromEntries(pairs) as Record<string, string | null>;
}

/**
 * The addresses of better-auth that are open, below `/api/auth`; null for those that change nothing. Two of them change something
 * by being followed as a link.
 */
export const AUTH_ACTIONS: Record<string, string | null> = {
  "POST /sign-up/email": "auth.sign-up",
  "POST /sign-in/email": "auth.sign-in",
  "POST /sign-out": "auth.sign-out",
  "POST /send-verification-email": "auth.send-verification",
  "POST /request-password-reset": "auth.ask-reset",
  "POST /reset-password": "auth.reset-password",
  "GET /verify-email": "auth.confirm-address",
  "POST /sign-in/social": "auth.ask-provider",
  "GET /callback/:provider": "auth.sign-in-provider",
  "POST /change-password": "auth.change-password",
  "POST /two-factor/enable": "auth.begin-totp",
  "POST /two-factor/verify-totp": "auth.show-totp",
  "POST /two-factor/verify-backup-code": "auth.show-recovery-code",
  "POST /two-factor/disable": "auth.end-totp",
  "POST /two-factor/generate-backup-codes": "auth.renew-recovery-codes",
  "GET /passkey/generate-register-options": null,
  "POST /passkey/verify-registration": "auth.add-passkey",
  "GET /passkey/generate-authenticate-options": null,
  "POST /passkey/verify-authentication": "auth.sign-in-passkey",
  "POST /passkey/update-passkey": "auth.rename-passkey",
  "POST /passkey/delete-passkey": "auth.remove-passkey",
};

/** Key of {@link AUTH_ACTIONS} for a request's method and path. */
export function authAddress(method: string, path: string): string {
  return `${method} ${path.replace(/^\/api\/auth/, "").replace(/^\/callback\/[a-z0-9-]+$/, "/callback/:provider")}`;
}

/** Every name that an entry may have, apart from refusals to read, which are named by their route. */
export function actionsOfAudit(): string[] {
  const named = [...Object.values(AUDIT_ACTIONS), ...Object.values(AUTH_ACTIONS)].filter((action) => action !== null);
  return [...new Set([...named, ...OWN_ACTIONS])];
}

/** Action of a request by its method and the route that took it; undefined where no table knows it. */
export function actionOf(method: string, route: string, path: string): string | null | undefined {
  if (route === "/api/auth/*") return AUTH_ACTIONS[authAddress(method, path)];
  return AUDIT_ACTIONS[`${method} ${route}`];
}
