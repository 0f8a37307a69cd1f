// The table of access: one row per route of the app. Who may do it follows from the permission that the row names.
import type { Permission } from "../../worker/rules/permissions.ts";

/** Whom a route is for: those with a permission in its tenant, people who are signed in, or anybody. */
export type Need = Permission | "person" | "anybody";

export interface Rule {
  need: Need;
  /**
   * Status that somebody gets who may do it, of what is their own. No cell changes anything: `body` and `query` are such that
   * a change is refused, or changes nothing.
   */
  own: number;
  /** Parts of the path that are made up even where the place is one's own: where the deed needs no body, and would be done. */
  absent?: string[];
  body?: unknown;
  query?: string;
  /** A body that is right in itself, sent with ids that are not one's own: only the id can be at fault. */
  valid?: unknown;
  /** True where a suspended tenant is refused what others may do; `valid` is sent, `:name` in it standing for an id. */
  held?: true;
  /** Status for keys, where even one with the scope is refused. */
  keys?: number;
}

/** Why a route is left to other tests. */
export interface Elsewhere {
  why: string;
}

const SIZE = { cores: 1, memoryMiB: 128, diskGiB: 2 };
const SCRIPT = {
  name: "Never",
  description: "",
  events: ["on_demand"],
  parameters: [],
  body: "true",
  timeoutSeconds: 5,
  active: true,
};
const LAUNCH = {
  templateId: ":template",
  name: "never",
  size: SIZE,
  login: { user: "ana", password: "opensesame" },
};

function rule(need: Need, own: number, more: Omit<Rule, "need" | "own"> = {}): Rule {
  return { need, own, ...more };
}

/** Routes below a tenant alone. */
const TENANT: Record<string, Rule> = {
  "GET /quota": rule("service.read", 200),
  "POST /quota/preview": rule("service.read", 200, { body: { cores: 1, memoryMiB: 128, diskGiB: 1 } }),
  "GET /quota/requests": rule("service.read", 200),
  "POST /quota/requests": rule("quota.request", 400, { valid: { wanted: { vcpu: 1_000 } }, held: true }),
  "DELETE /quota/requests/:request": rule("quota.request", 404, { absent: ["request"] }),
  "GET /catalogue": rule("service.read", 200),
  "POST /credentials/rotate": rule("settings.manage", 400, { body: { never: 1 }, valid: {} }),
  "GET /services": rule("service.read", 200),
  "POST /services": rule("service.launch", 400, { valid: LAUNCH, held: true }),
  "GET /services/:service": rule("service.read", 200),
  "DELETE /services/:service": rule("service.delete", 409, { query: "?confirm=-" }),
  "POST /services/:service/power": rule("service.power", 400, { valid: { action: "start" }, held: true }),
  // The services are stopped.
  "POST /services/:service/console": rule("service.console", 409, { held: true }),
  "GET /services/:service/console/:console": rule("service.console", 426),
  "PUT /services/:service": rule("service.change", 400, {
    body: { description: 1 },
    valid: { description: "never" },
    held: true,
  }),
  "PUT /services/:service/name": rule("service.change", 400, { valid: { name: "never" }, held: true }),
  "POST /services/:service/password": rule("service.change", 400, { valid: { password: "opensesame" }, held: true }),
  // The services are stopped, so that nothing is pending.
  "POST /services/:service/size/revert": rule("service.change", 409, { held: true }),
  "GET /services/:service/pending": rule("service.read", 200),
  "PUT /services/:service/size": rule("service.change", 400, { valid: SIZE, held: true }),
  "POST /services/:service/clone": rule("service.launch", 400, { valid: { name: "never" }, held: true }),
  "GET /services/:service/snapshots": rule("service.read", 200),
  "POST /services/:service/snapshots": rule("service.snapshot", 400, { valid: { name: "never" }, held: true }),
  "POST /services/:service/snapshots/:snapshot/rollback": rule("service.snapshot", 404, {
    absent: ["snapshot"],
    held: true,
  }),
  "DELETE /services/:service/snapshots/:snapshot": rule("service.snapshot", 404, { absent: ["snapshot"] }),
  "POST /services/:service/backups": rule("service.backup", 400, {
    valid: { notes: "", protected: false },
    held: true,
  }),
  "GET /backups": rule("service.read", 200),
  "PUT /backups/:backup": rule("service.backup", 400, { body: { notes: 1 }, valid: { notes: "never" } }),
  "DELETE /backups/:backup": rule("service.backup", 404, { absent: ["backup"] }),
  "POST /backups/:backup/restore-over": rule("service.delete", 400, {
    valid: { confirm: "-", safety: false },
    held: true,
  }),
  "POST /backups/:backup/restore": rule("service.launch", 400, { valid: { name: "never" }, held: true }),
  "GET /schedules": rule("service.read", 200),
  "POST /services/:service/schedules": rule("service.schedule", 400, {
    valid: { action: "start", rule: "0 3 * * *", timeZone: "UTC" },
    held: true,
  }),
  "PUT /schedules/:schedule": rule("service.schedule", 400, {
    body: { paused: 1 },
    valid: { paused: true },
    held: true,
  }),
  "DELETE /schedules/:schedule": rule("service.schedule", 404, { absent: ["schedule"] }),
  "GET /scripts": rule("service.read", 200),
  "GET /services/:service/scripts": rule("service.read", 200),
  "POST /services/:service/scripts": rule("service.script", 400, {
    valid: { scriptId: ":script", event: "on_demand", values: {} },
    held: true,
  }),
  "DELETE /services/:service/scripts/:choice": rule("service.script", 404, { absent: ["choice"] }),
  "POST /services/:service/scripts/:choice/run": rule("service.script", 404, { absent: ["choice"], held: true }),
  "GET /operations": rule("service.read", 200),
  "GET /operations/:operation": rule("service.read", 200),
  "POST /operations/:operation/retry": rule("service.launch", 409, { held: true }),
  "POST /operations/:operation/cancel": rule("service.power", 409),
  "PUT /services/:service/expiry": rule("service.change", 400, { valid: { expiresAt: null }, held: true }),
  "POST /services/:service/keep": rule("service.delete", 200),
  "POST /services/:service/rebuild": rule("service.delete", 400, { valid: { confirm: "-" }, held: true }),
  "GET /services/:service/images": rule("service.read", 200),
  "PUT /services/:service/media": rule("service.change", 400, { valid: { imageId: null }, held: true }),
  "GET /feed": rule("service.read", 426, { keys: 403 }),
  "GET /keys": rule("keys.read", 200),
  "POST /keys": rule("keys.manage", 400),
  "DELETE /keys/:key": rule("keys.manage", 404, { absent: ["key"] }),
};

/** Routes below a tenant and below the platform alike. */
const EVERYWHERE: Record<string, Rule> = {
  "GET /tree": rule("children.read", 200),
  "GET /children": rule("children.read", 200),
  "POST /children": rule("children.manage", 400),
  "POST /children/preview": rule("children.read", 200, { body: { limits: {} } }),
  "GET /requests": rule("children.manage", 200),
  "POST /requests/:request/approve": rule("children.manage", 404, { absent: ["request"] }),
  "POST /requests/:request/decline": rule("children.manage", 400, { valid: { message: "no" } }),
  "GET /children/:child": rule("children.read", 200),
  "DELETE /children/:child": rule("children.delete", 409, { query: "?confirm=-" }),
  "PUT /children/:child/limits": rule("children.manage", 400, { valid: { limits: { vcpu: 1 } } }),
  "POST /children/:child/suspend": rule("children.manage", 400, { body: { shutDown: 1 }, valid: {} }),
  // The child is neither suspended nor pending.
  "POST /children/:child/resume": rule("children.manage", 409),
  "POST /children/:child/approve": rule("children.manage", 409),
  "POST /children/:child/decline": rule("children.manage", 409),
  "GET /storefront": rule("storefront.manage", 200),
  "PUT /storefront": rule("storefront.manage", 400),
  "GET /defaults": rule("children.read", 200),
  "PUT /defaults": rule("children.manage", 400),
  "GET /plans": rule("children.read", 200),
  "POST /plans": rule("plans.manage", 400),
  "DELETE /plans/:plan": rule("plans.manage", 404, { absent: ["plan"] }),
  "GET /team": rule("team.read", 200),
  "PUT /team/:member": rule("team.manage", 400, { valid: { role: "viewer" } }),
  // Leaving is for everybody, but changes something.
  "DELETE /team/:member": rule("team.manage", 404, { absent: ["member"], keys: 403 }),
  "POST /team/:member/transfer": rule("team.manage", 404, { absent: ["member"] }),
  "POST /invitations": rule("team.manage", 400),
  "DELETE /invitations/:invitation": rule("team.manage", 404, { absent: ["invitation"] }),
  "GET /settings": rule("team.read", 200),
  "PUT /settings": rule("settings.manage", 400, { body: { name: "" } }),
  "GET /audit": rule("audit.read", 200, { query: "?tenant=:other" }),
  "GET /audit/verify": rule("audit.read", 200, { query: "?tenant=:other" }),
  "GET /audit/export": rule("audit.read", 200, { query: "?format=csv&action=none&tenant=:other" }),
};

/** Routes of those who run the platform alone. */
const PLATFORM: Record<string, Rule> = {
  "GET /capacity": rule("platform.read", 200),
  "PUT /capacity": rule("platform.manage", 400),
  "GET /clusters": rule("platform.read", 200),
  "POST /clusters": rule("platform.manage", 400),
  "PUT /clusters/:cluster": rule("platform.manage", 400, { valid: { url: "https://127.0.0.1:1" } }),
  "POST /clusters/:cluster/check": rule("platform.manage", 200),
  "GET /images": rule("platform.read", 200, { query: "?cluster=:cluster" }),
  "POST /images": rule("platform.manage", 400),
  "PUT /images/:image": rule("platform.manage", 200, { body: { active: true } }),
  "GET /templates": rule("platform.read", 200, { query: "?cluster=:cluster" }),
  "POST /templates": rule("platform.manage", 400),
  "PUT /templates/:template": rule("platform.manage", 200, { body: { active: true } }),
  "GET /scripts": rule("platform.read", 200),
  "POST /scripts": rule("platform.manage", 400),
  "PUT /scripts/:script": rule("platform.manage", 400, { valid: SCRIPT }),
  "GET /secrets": rule("platform.read", 200),
  "POST /secrets/reseal": rule("platform.manage", 200),
  "POST /tenants/:tenant/rotate": rule("platform.manage", 404, { absent: ["tenant"] }),
  "GET /findings": rule("platform.read", 200),
  "POST /reconcile": rule("platform.manage", 404, { body: { cluster: "clu_00000000000000000000" } }),
  "POST /findings/:finding/repair": rule("platform.manage", 400, { valid: { repair: "correct" } }),
  "POST /findings/:finding/ignore": rule("platform.manage", 404, { absent: ["finding"] }),
  "GET /tenants": rule("platform.read", 200),
};

/** What concerns people, whatever they belong to, and what is open to anybody. */
const PEOPLE: Record<string, Rule | Elsewhere> = {
  "GET /api/me": rule("person", 200),
  "GET /api/config": rule("anybody", 200),
  "GET /api/health": rule("anybody", 200),
  "GET /api/audit": rule("person", 200),
  "GET /api/audit/verify": rule("person", 200),
  "GET /api/audit/export": rule("person", 200, { query: "?format=csv&action=none" }),
  "GET /api/security": rule("person", 200),
  "GET /api/ssh-keys": rule("person", 200),
  "POST /api/ssh-keys": rule("person", 400),
  "DELETE /api/ssh-keys/:key": rule("person", 404, { absent: ["key"] }),
  "POST /api/security/sessions/end-others": rule("person", 200),
  "DELETE /api/security/sessions/:session": rule("person", 404, { absent: ["session"] }),
  "GET /api/invitations": rule("person", 200),
  "POST /api/invitations/look": rule("anybody", 400),
  "POST /api/invitations/accept": rule("person", 400),
  "POST /api/invitations/decline": rule("person", 400),
  "GET /api/auth/*": { why: "accounts.test.ts" },
  "POST /api/auth/*": { why: "accounts.test.ts" },
  "GET /*": { why: "pages are the same for everybody" },
};

export const ACCESS_RULES: Record<string, Rule | Elsewhere> = {
  ...PEOPLE,
  ...at("/api/tenants/:tenant", { ...TENANT, ...EVERYWHERE }),
  ...at("/api/operator", { ...EVERYWHERE, ...PLATFORM }),
};

function at(place: string, rules: Record<string, Rule>): Record<string, Rule> {
  const pairs = Object.entries(rules).map(([route, row]) => [route.replace(" ", ` ${place}`), row]);
  return Object.fromEntries(pairs) as Record<string, Rule>;
}
