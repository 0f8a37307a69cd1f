// The matrix of access: every route of the app × who asks × whose ids; what is another's is as absent as what never was.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MADE_UP, makeAskers, plainAnswer, routesOfApp } from "./harness/access.ts";
import type { Asker, Ids, Who } from "./harness/access.ts";
import { expectHonestLedger, rows, stranger } from "./harness/site.ts";

/** Answers within one's own tenant, none of which changes anything. */
interface TenantRule {
  kind: "tenant";
  /** Of owners and operators. */
  member: number;
  viewer: number;
  /** Of a reseller's owner, where it differs from other owners. */
  reseller?: number;
  /** Sent to what is one's own. */
  body?: unknown;
  /** Sent to what is not: right in itself, so that only the id can be at fault. */
  validBody?: unknown;
  query?: string;
}

interface PlatformRule {
  kind: "platform";
  platform: number;
  body?: unknown;
  query?: string;
}

interface OpenRule {
  kind: "open";
  anonymous: number;
  everybody: number;
}

/** Tried by other tests, for the reason given. */
interface ElsewhereRule {
  kind: "elsewhere";
  why: string;
}

type Rule = TenantRule | PlatformRule | OpenRule | ElsewhereRule;

const T = "/api/tenants/:tenant";
const SIZE = { cores: 1, memoryMiB: 128, diskGiB: 2 };
const RULES: Record<string, Rule> = {
  "GET /api/me": { kind: "open", anonymous: 401, everybody: 200 },
  "GET /api/config": { kind: "open", anonymous: 200, everybody: 200 },
  "GET /api/health": { kind: "open", anonymous: 200, everybody: 200 },
  "GET /api/auth/*": { kind: "elsewhere", why: "accounts.test.ts" },
  "POST /api/auth/*": { kind: "elsewhere", why: "accounts.test.ts" },
  "GET /api/security": { kind: "open", anonymous: 401, everybody: 200 },
  "POST /api/security/sessions/end-others": { kind: "elsewhere", why: "accounts-sessions.test.ts" },
  "DELETE /api/security/sessions/:session": { kind: "open", anonymous: 401, everybody: 404 },
  "GET /*": { kind: "elsewhere", why: "pages are the same for everybody" },
  [`GET ${T}/quota`]: { kind: "tenant", member: 200, viewer: 200 },
  [`POST ${T}/quota/preview`]: {
    kind: "tenant",
    member: 200,
    viewer: 200,
    body: { cores: 1, memoryMiB: 128, diskGiB: 1 },
  },
  [`GET ${T}/catalogue`]: { kind: "tenant", member: 200, viewer: 200 },
  [`GET ${T}/services`]: { kind: "tenant", member: 200, viewer: 200 },
  [`POST ${T}/services`]: { kind: "tenant", member: 400, viewer: 403 },
  [`GET ${T}/services/:service`]: { kind: "tenant", member: 200, viewer: 200 },
  [`DELETE ${T}/services/:service`]: { kind: "tenant", member: 409, viewer: 403, query: "?confirm=-" },
  [`POST ${T}/services/:service/power`]: { kind: "tenant", member: 400, viewer: 403, validBody: { action: "stop" } },
  // The services are stopped.
  [`POST ${T}/services/:service/console`]: { kind: "tenant", member: 409, viewer: 403 },
  [`GET ${T}/services/:service/console/:console`]: { kind: "tenant", member: 426, viewer: 403 },
  [`GET ${T}/keys`]: { kind: "tenant", member: 200, viewer: 403 },
  [`POST ${T}/keys`]: { kind: "tenant", member: 400, viewer: 403 },
  [`DELETE ${T}/keys/:key`]: { kind: "tenant", member: 404, viewer: 403 },
  [`GET ${T}/operations`]: { kind: "tenant", member: 200, viewer: 200 },
  [`GET ${T}/operations/:operation`]: { kind: "tenant", member: 200, viewer: 200 },
  [`POST ${T}/operations/:operation/retry`]: { kind: "tenant", member: 409, viewer: 403 },
  [`GET ${T}/services/:service/pending`]: { kind: "tenant", member: 200, viewer: 200 },
  [`PUT ${T}/services/:service/size`]: { kind: "tenant", member: 400, viewer: 403, validBody: SIZE },
  [`POST ${T}/services/:service/clone`]: { kind: "tenant", member: 400, viewer: 403, validBody: { name: "copy" } },
  [`GET ${T}/services/:service/snapshots`]: { kind: "tenant", member: 200, viewer: 200 },
  [`POST ${T}/services/:service/snapshots`]: { kind: "tenant", member: 400, viewer: 403, validBody: { name: "first" } },
  [`POST ${T}/services/:service/snapshots/:snapshot/rollback`]: { kind: "tenant", member: 404, viewer: 403 },
  [`DELETE ${T}/services/:service/snapshots/:snapshot`]: { kind: "tenant", member: 404, viewer: 403 },
  [`POST ${T}/services/:service/backups`]: {
    kind: "tenant",
    member: 400,
    viewer: 403,
    validBody: { notes: "", protected: false },
  },
  [`GET ${T}/backups`]: { kind: "tenant", member: 200, viewer: 200 },
  [`PUT ${T}/backups/:backup`]: { kind: "tenant", member: 404, viewer: 403 },
  [`DELETE ${T}/backups/:backup`]: { kind: "tenant", member: 404, viewer: 403 },
  [`POST ${T}/backups/:backup/restore`]: { kind: "tenant", member: 400, viewer: 403, validBody: { name: "back" } },
  [`GET ${T}/feed`]: { kind: "tenant", member: 426, viewer: 426 },
  [`GET ${T}/tree`]: above(200),
  [`GET ${T}/children/:child`]: above(200),
  [`DELETE ${T}/children/:child`]: { ...above(409), query: "?confirm=-" },
  [`POST ${T}/children/:child/suspend`]: { ...above(400), body: { shutDown: 1 }, validBody: {} },
  // The child is neither suspended nor pending.
  [`POST ${T}/children/:child/resume`]: above(409),
  [`POST ${T}/children/:child/approve`]: above(409),
  [`POST ${T}/children/:child/decline`]: above(409),
  [`GET ${T}/storefront`]: above(200),
  [`PUT ${T}/storefront`]: above(400),
  [`GET ${T}/defaults`]: above(200),
  [`PUT ${T}/defaults`]: above(400),
  [`GET ${T}/plans`]: above(200),
  [`POST ${T}/plans`]: above(400),
  [`DELETE ${T}/plans/:plan`]: above(404),
  [`GET ${T}/team`]: { kind: "tenant", member: 200, viewer: 200 },
  [`PUT ${T}/team/:member`]: { kind: "elsewhere", why: "team.test.ts" },
  [`DELETE ${T}/team/:member`]: { kind: "elsewhere", why: "team.test.ts" },
  [`POST ${T}/team/:member/transfer`]: { kind: "elsewhere", why: "team.test.ts" },
  [`POST ${T}/invitations`]: { kind: "elsewhere", why: "invitations.test.ts" },
  [`DELETE ${T}/invitations/:invitation`]: { kind: "elsewhere", why: "invitations.test.ts" },
  [`GET ${T}/settings`]: { kind: "tenant", member: 200, viewer: 200 },
  [`PUT ${T}/settings`]: { kind: "elsewhere", why: "team.test.ts" },
  "GET /api/invitations": { kind: "open", anonymous: 401, everybody: 200 },
  "POST /api/invitations/look": { kind: "open", anonymous: 400, everybody: 400 },
  "POST /api/invitations/accept": { kind: "open", anonymous: 401, everybody: 400 },
  "POST /api/invitations/decline": { kind: "open", anonymous: 401, everybody: 400 },
  "GET /api/operator/tree": { kind: "platform", platform: 200 },
  "GET /api/operator/children": { kind: "platform", platform: 200 },
  "POST /api/operator/children": { kind: "platform", platform: 400 },
  "GET /api/operator/children/:child": { kind: "elsewhere", why: "tree.test.ts" },
  "DELETE /api/operator/children/:child": { kind: "platform", platform: 400 },
  "PUT /api/operator/children/:child/limits": { kind: "platform", platform: 400 },
  "POST /api/operator/children/:child/suspend": { kind: "platform", platform: 400, body: { shutDown: 1 } },
  "POST /api/operator/children/:child/resume": { kind: "elsewhere", why: "suspension.test.ts" },
  "POST /api/operator/children/:child/approve": { kind: "elsewhere", why: "storefront.test.ts" },
  "POST /api/operator/children/:child/decline": { kind: "elsewhere", why: "storefront.test.ts" },
  "GET /api/operator/storefront": { kind: "platform", platform: 200 },
  "PUT /api/operator/storefront": { kind: "platform", platform: 400 },
  "GET /api/operator/defaults": { kind: "platform", platform: 200 },
  "PUT /api/operator/defaults": { kind: "platform", platform: 400 },
  "DELETE /api/operator/plans/:plan": { kind: "elsewhere", why: "storefront.test.ts" },
  "GET /api/operator/team": { kind: "platform", platform: 200 },
  "PUT /api/operator/team/:member": { kind: "platform", platform: 400 },
  "DELETE /api/operator/team/:member": { kind: "elsewhere", why: "team.test.ts" },
  "POST /api/operator/team/:member/transfer": { kind: "elsewhere", why: "team.test.ts" },
  "POST /api/operator/invitations": { kind: "platform", platform: 400 },
  "DELETE /api/operator/invitations/:invitation": { kind: "elsewhere", why: "team.test.ts" },
  "GET /api/operator/settings": { kind: "platform", platform: 200 },
  "PUT /api/operator/settings": { kind: "platform", platform: 400, body: { name: "" } },
  [`GET ${T}/children`]: { kind: "tenant", member: 404, viewer: 404, reseller: 200 },
  [`POST ${T}/children`]: { kind: "tenant", member: 404, viewer: 404, reseller: 400 },
  [`PUT ${T}/children/:child/limits`]: {
    kind: "tenant",
    member: 404,
    viewer: 404,
    reseller: 200,
    body: { limits: {} },
    validBody: { limits: { vcpu: 1 } },
  },
  [`GET ${T}/audit`]: { kind: "tenant", member: 200, viewer: 403 },
  [`GET ${T}/audit/verify`]: { kind: "tenant", member: 200, viewer: 403 },
  [`GET ${T}/audit/export`]: { kind: "tenant", member: 200, viewer: 403, query: "?format=csv" },
  "GET /api/audit": { kind: "open", anonymous: 401, everybody: 200 },
  "GET /api/audit/verify": { kind: "open", anonymous: 401, everybody: 200 },
  "GET /api/audit/export": { kind: "elsewhere", why: "audit.test.ts" },
  "GET /api/operator/audit": { kind: "platform", platform: 200 },
  "GET /api/operator/audit/verify": { kind: "platform", platform: 200 },
  "GET /api/operator/audit/export": { kind: "platform", platform: 200, query: "?format=json" },
  "GET /api/operator/clusters": { kind: "platform", platform: 200 },
  "POST /api/operator/clusters": { kind: "platform", platform: 400 },
  "PUT /api/operator/clusters/:cluster": { kind: "platform", platform: 400 },
  "POST /api/operator/clusters/:cluster/check": { kind: "platform", platform: 200 },
  "GET /api/operator/templates": { kind: "platform", platform: 200, query: "?cluster=:cluster" },
  "POST /api/operator/templates": { kind: "platform", platform: 400 },
  "PUT /api/operator/templates/:template": { kind: "platform", platform: 200, body: { active: true } },
  "GET /api/operator/plans": { kind: "platform", platform: 200 },
  "POST /api/operator/plans": { kind: "platform", platform: 400 },
  "GET /api/operator/tenants": { kind: "platform", platform: 200 },
  "POST /api/operator/resellers": { kind: "platform", platform: 400 },
  "GET /api/operator/findings": { kind: "platform", platform: 200 },
  "POST /api/operator/reconcile": { kind: "platform", platform: 404, body: { cluster: "clu_00000000000000000000" } },
  "POST /api/operator/findings/:finding/repair": { kind: "platform", platform: 404, body: { repair: "correct" } },
  "POST /api/operator/findings/:finding/ignore": { kind: "platform", platform: 404 },
};

/** What exists only for those who have tenants below them: the answer to a reseller's owner. */
function above(reseller: number): TenantRule {
  return { kind: "tenant", member: 404, viewer: 404, reseller };
}

const routes = await routesOfApp();
let askers: Asker[];
let before: unknown;
let cells = 0;

beforeAll(async () => {
  askers = await makeAskers();
  before = everything();
});

afterAll(() => {
  process.stdout.write(`access matrix: ${routes.length} routes, ${cells} cells\n`);
});

/** What no request of this file may change. */
function everything(): unknown {
  return [
    rows("select id, tenant_id, name, state, power, vmid, operation_id, deleted_at from services order by id"),
    rows("select id from operations order by id"),
    rows(`select id, "limit", used from envelopes order by id`),
    rows("select id, name, status from tenants order by id"),
    rows("select tenant_id, user_id, role from members order by tenant_id, user_id"),
    rows("select id, active from templates order by id"),
    rows("select id, name from plans order by id"),
    rows("select id, name, url from clusters order by id"),
  ];
}

it("knows every route of the app, and no other", () => {
  expect(routes.toSorted()).toEqual(Object.keys(RULES).toSorted());
});

describe.each(routes.filter((route) => RULES[route]?.kind !== "elsewhere"))("%s", (route) => {
  const rule = RULES[route] as Exclude<Rule, ElsewhereRule>;
  const [method = "", pattern = ""] = route.split(" ");
  const fill = (ids: Ids) =>
    `${pattern}${"query" in rule ? (rule.query ?? "") : ""}`.replace(/:(\w+)/g, (_, name: keyof Ids) => ids[name]);
  const ask = async (asker: Asker, ids: Ids, isOwn: boolean) => {
    cells += 1;
    const body =
      rule.kind === "open"
        ? {}
        : rule.kind === "platform"
          ? rule.body
          : isOwn
            ? rule.body
            : (rule.validBody ?? rule.body);
    return plainAnswer(asker.person, method, fill(ids), body ?? {});
  };

  it("answers each person in its own place as the table says", async () => {
    const answers = await Promise.all(
      askers
        .filter(hasPlace)
        .map(async (asker) => [asker.who, (await ask(asker, asker.own ?? asker.foreign, true)).status]),
    );
    expect(answers).toEqual(askers.filter(hasPlace).map((asker) => [asker.who, expectedAt(asker.who, rule)]));
  });

  it("knows nothing of what is another's: the same answer as for what never was", async () => {
    for (const asker of askers) {
      const [foreign, never] = await Promise.all([ask(asker, asker.foreign, false), ask(asker, MADE_UP, false)]);
      if (rule.kind === "open" || (rule.kind === "platform" && asker.who === "platform")) continue;
      expect([asker.who, foreign]).toEqual([asker.who, never]);
      expect([asker.who, foreign.status, foreign.code]).toEqual(
        asker.who === "anonymous" ? [asker.who, 401, "not_signed_in"] : [asker.who, 404, "not_found"],
      );
    }
  });

  it("keeps another's things absent below one's own tenant", async () => {
    for (const asker of askers) {
      if (rule.kind !== "tenant" || asker.own === null || !/:tenant\/.*:/.test(pattern)) continue;
      const { tenant } = asker.own;
      const [foreign, never] = await Promise.all([
        ask(asker, { ...asker.foreign, tenant }, false),
        ask(asker, { ...MADE_UP, tenant }, false),
      ]);
      expect([asker.who, foreign]).toEqual([asker.who, never]);
      const isDenied = asker.who === "viewer" && rule.viewer === 403;
      expect([asker.who, foreign.status]).toEqual([asker.who, isDenied ? 403 : 404]);
    }
  });

  /** Strangers have no place of their own, and those who run the platform none in a tenant. */
  function hasPlace(asker: Asker): boolean {
    return rule.kind !== "tenant" || asker.own !== null;
  }
});

function expectedAt(who: Who, rule: Exclude<Rule, ElsewhereRule>): number {
  if (rule.kind === "open") return who === "anonymous" ? rule.anonymous : rule.everybody;
  if (rule.kind === "platform") return who === "anonymous" ? 401 : who === "platform" ? rule.platform : 404;
  if (who === "viewer") return rule.viewer;
  return who === "reseller" ? (rule.reseller ?? rule.member) : rule.member;
}

describe("apart from the table", () => {
  it("what the platform's people ask for of a cluster or template that never was is not there", async () => {
    const platform = askers.find((asker) => asker.who === "platform") as Asker;
    const answers = await Promise.all([
      plainAnswer(platform.person, "POST", `/api/operator/clusters/${MADE_UP.cluster}/check`, {}),
      plainAnswer(platform.person, "GET", `/api/operator/templates?cluster=${MADE_UP.cluster}`, {}),
      plainAnswer(platform.person, "PUT", `/api/operator/templates/${MADE_UP.template}`, { active: false }),
    ]);
    expect(answers.map((answer) => answer.code)).toEqual(["not_found", "not_found", "not_found"]);
  });

  it("a reseller sets the limits of the tenants below it, and does not see into them", async () => {
    const reseller = askers.find((asker) => asker.who === "reseller") as Asker;
    const child = reseller.own?.child ?? "";
    for (const path of ["/quota", "/services", "/operations", "/catalogue"]) {
      expect((await plainAnswer(reseller.person, "GET", `/api/tenants/${child}${path}`, {})).code).toBe("not_found");
    }
  });

  it("the platform itself is no tenant to anybody, not even to those who run it", async () => {
    for (const { person, who } of askers) {
      const answer = await plainAnswer(person, "GET", "/api/tenants/ten_platform/services", {});
      expect([who, answer.status]).toEqual([who, who === "anonymous" ? 401 : 404]);
    }
  });

  it("a forged cookie is nobody", async () => {
    const cookie = askers[3]?.person.cookie ?? "";
    const forged = cookie.replace(/=(.)/, (_, first: string) => `=${first === "a" ? "b" : "a"}`);
    const answer = await stranger().send("GET", "/api/me", undefined, { headers: { cookie: forged } });
    expect(answer.status).toBe(401);
  });

  it("nothing of all this has changed anything", () => {
    expect(everything()).toEqual(before);
    expectHonestLedger();
  });
});
