// What each changing request is called in the audit: one row per route, so that none goes unnoticed (test/audit.test.ts).

const T = "/api/tenants/:tenant";

/** Action per route; null for requests that change nothing though their method would allow it. */
export const AUDIT_ACTIONS: Record<string, string | null> = {
  [`POST ${T}/quota/preview`]: null,
  [`POST ${T}/services`]: "service.launch",
  [`DELETE ${T}/services/:service`]: "service.delete",
  [`POST ${T}/services/:service/power`]: "service.power",
  [`POST ${T}/services/:service/console`]: "service.console",
  [`POST ${T}/operations/:operation/retry`]: "service.retry",
  ...everywhere({
    "POST /children": "child.create",
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
  "POST /api/operator/clusters": "cluster.connect",
  "PUT /api/operator/clusters/:cluster": "cluster.move",
  "POST /api/operator/clusters/:cluster/check": "cluster.check",
  "POST /api/operator/templates": "template.publish",
  "PUT /api/operator/templates/:template": "template.show",
  "POST /api/operator/resellers": "reseller.create",
};

/** Rows of routes that stand below a tenant and below the platform alike. */
function everywhere(rows: Record<string, string>): Record<string, string> {
  const pairs = Object.entries(rows).flatMap(([route, action]) => {
    const [method = "", path = ""] = route.split(" ");
    return [T, "/api/operator"].map((place) => [`${method} ${place}${path}`, action]);
  });
  return Object.fromEntries(pairs) as Record<string, string>;
}

/** The addresses of better-auth that change something, below `/api/auth`. */
export const AUTH_ACTIONS: Record<string, string | null> = {
  "POST /sign-up/email": "auth.sign-up",
  "POST /sign-in/email": "auth.sign-in",
  "POST /sign-out": "auth.sign-out",
  "POST /send-verification-email": "auth.send-verification",
  "POST /request-password-reset": "auth.ask-reset",
  "POST /reset-password": "auth.reset-password",
};

/** Action of a request by its method and the route that took it; undefined where no table knows it. */
export function actionOf(method: string, route: string, path: string): string | null | undefined {
  if (route === "/api/auth/*") return AUTH_ACTIONS[`${method} ${path.replace(/^\/api\/auth/, "")}`];
  return AUDIT_ACTIONS[`${method} ${route}`];
}
