// Keys for programs: shown once, within their scopes and their maker's role, for one tenant, and gone the moment they are taken back.
import { describe, expect, it } from "vitest";
import type { Permission } from "../worker/rules/permissions.ts";
import type { ApiKeyMade, ApiKeyView } from "../worker/rules/views-people.ts";
import type { MeView, Problem } from "../worker/rules/views.ts";
import { launchBody, newTenant } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { addMember, otherSession, rows, site, write } from "./harness/site.ts";

async function make(tenant: Tenant, scopes: Permission[], more: Partial<{ name: string; expiresAt: number }> = {}) {
  const body = { name: "pipeline", scopes, expiresAt: null, ...more };
  return tenant.person.ok<ApiKeyMade>("POST", tenant.at("/keys"), body);
}

/** Sends as a program does: no cookie, no origin. */
async function ask(token: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(new URL(path, site.origin), {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      "idempotency-key": crypto.randomUUID(),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const told = (await response.json().catch(() => ({}))) as Problem;
  return [response.status, response.status < 400 ? null : told.code];
}

async function userIdOf(tenant: Tenant): Promise<string> {
  return (await tenant.person.ok<MeView>("GET", "/api/me")).user.id;
}

describe("a key", () => {
  it("is shown once, kept as a digest, and listed with its last use", async () => {
    const tenant = await newTenant(site, "keyonce");
    const { key, token } = await make(tenant, ["service.read", "service.read"]);
    expect(token).toMatch(new RegExp(`^nbx_${key.id}_[0-9a-z]{40}$`));
    expect(key).toMatchObject({ name: "pipeline", scopes: ["service.read"], lastUsedAt: null, lastUsedFrom: null });
    const secret = token.split("_").at(-1) ?? "-";
    expect(JSON.stringify(rows("select * from api_keys where id = ?", key.id))).not.toContain(secret);
    expect(JSON.stringify(rows("select * from audit_entries where target_id = ?", key.id))).not.toContain(secret);
    expect(await ask(token, "GET", tenant.at("/services"))).toEqual([200, null]);
    const list = await tenant.person.ok<{ keys: ApiKeyView[] }>("GET", tenant.at("/keys"));
    expect(list.keys).toHaveLength(1);
    expect(list.keys[0]?.lastUsedAt).toBeGreaterThan(key.createdAt - 1);
    expect(JSON.stringify(list)).not.toContain(secret);
    const [first] = rows("select last_used_at from api_keys where id = ?", key.id);
    expect(await ask(token, "GET", tenant.at("/services"))).toEqual([200, null]);
    expect(rows("select last_used_at from api_keys where id = ?", key.id)).toEqual([first]);
  });

  it("does what its scopes say, with no cookie and no origin, and nothing else", async () => {
    const tenant = await newTenant(site, "keyscope");
    const { key, token } = await make(tenant, ["service.read"]);
    expect(await ask(token, "GET", tenant.at("/quota"))).toEqual([200, null]);
    expect(await ask(token, "POST", tenant.at("/services"), {})).toEqual([403, "scope_missing"]);
    expect(await ask(token, "GET", tenant.at("/keys"))).toEqual([403, "scope_missing"]);
    expect(await ask(token, "POST", tenant.at("/keys"), {})).toEqual([403, "scope_missing"]);
    const launcher = await make(tenant, ["service.launch"]);
    const body = await launchBody(tenant);
    expect(await ask(launcher.token, "POST", tenant.at("/services"), body)).toEqual([202, null]);
    expect(await ask(launcher.token, "GET", tenant.at("/services"))).toEqual([403, "scope_missing"]);
    const entries = rows(
      `select actor_kind, actor_id, actor_name, outcome from audit_entries
       where chain = ? and action = 'service.launch' order by seq`,
      tenant.id,
    );
    const by = (id: string) => ({ actor_kind: "key", actor_id: id, actor_name: "pipeline" });
    expect(entries).toEqual([
      { ...by(key.id), outcome: "refused" },
      { ...by(launcher.key.id), outcome: "done" },
    ]);
  });

  it("is for no person's things, and opens neither feed nor console", async () => {
    const tenant = await newTenant(site, "keyperson");
    const { token } = await make(tenant, ["service.read"]);
    expect(await ask(token, "GET", "/api/me")).toEqual([403, "person_needed"]);
    expect(await ask(token, "GET", "/api/security")).toEqual([403, "person_needed"]);
    expect(await ask(token, "POST", "/api/security/sessions/end-others", {})).toEqual([403, "person_needed"]);
    expect(await ask(token, "GET", tenant.at("/feed"))).toEqual([403, "person_needed"]);
    expect(await ask(token, "POST", tenant.at("/services/svc_00000000000000000000/console"), {})).toEqual([
      403,
      "scope_missing",
    ]);
  });

  it("knows no tenant but its own, though its maker belongs to both", async () => {
    const [tenant, second] = await Promise.all([newTenant(site, "keyone"), newTenant(site, "keytwo")]);
    addMember(second.id, await userIdOf(tenant), "owner");
    await tenant.person.ok("GET", second.at("/services"));
    const { token } = await make(tenant, ["service.read"]);
    expect(await ask(token, "GET", second.at("/services"))).toEqual([404, "not_found"]);
    expect(await ask(token, "GET", "/api/operator/clusters")).toEqual([404, "not_found"]);
  });

  it("counts, where it comes along with somebody's cookie, and that cookie does not", async () => {
    const tenant = await newTenant(site, "keycookie");
    const { token } = await make(tenant, ["service.read"]);
    const cookie = { cookie: tenant.person.cookie };
    expect(await ask(token, "GET", tenant.at("/keys"), undefined, cookie)).toEqual([403, "scope_missing"]);
    expect(await ask(`${token}x`, "GET", tenant.at("/services"), undefined, cookie)).toEqual([401, "not_signed_in"]);
  });

  it.each([
    ["another secret", (token: string) => `${token.slice(0, -1)}${token.endsWith("0") ? "1" : "0"}`],
    ["no secret", (token: string) => token.slice(0, token.lastIndexOf("_") + 1)],
    ["another id", (token: string) => token.replace(/key_./, (head) => `key_${head.endsWith("0") ? "1" : "0"}`)],
    ["capitals", (token: string) => token.toUpperCase()],
  ])("with %s is nobody", async (_what, change) => {
    const tenant = await newTenant(site, "keyforged");
    const { token } = await make(tenant, ["service.read"]);
    expect(await ask(change(token), "GET", tenant.at("/services"))).toEqual([401, "not_signed_in"]);
    expect(await ask(token, "GET", tenant.at("/services"))).toEqual([200, null]);
  });
});

describe("a key ends", () => {
  it("when it is taken back", async () => {
    const tenant = await newTenant(site, "keyback");
    const { key, token } = await make(tenant, ["service.read"]);
    await tenant.person.ok("DELETE", tenant.at(`/keys/${key.id}`));
    expect(await ask(token, "GET", tenant.at("/services"))).toEqual([401, "not_signed_in"]);
    expect(await tenant.person.ok("GET", tenant.at("/keys"))).toEqual({ keys: [] });
    const again = await tenant.person.send<Problem>("DELETE", tenant.at(`/keys/${key.id}`));
    expect([again.status, again.body.code]).toEqual([404, "not_found"]);
  });

  it("when its time is over", async () => {
    const tenant = await newTenant(site, "keytime");
    const { key, token } = await make(tenant, ["service.read"], { expiresAt: Date.now() + 60_000 });
    expect(await ask(token, "GET", tenant.at("/services"))).toEqual([200, null]);
    write("update api_keys set expires_at = ? where id = ?", Date.now() - 1, key.id);
    expect(await ask(token, "GET", tenant.at("/services"))).toEqual([401, "not_signed_in"]);
  });

  it("when its maker is a member no more; and does less when its maker may do less", async () => {
    const [tenant, maker] = await Promise.all([newTenant(site, "keyowner"), newTenant(site, "keymaker")]);
    const makerId = await userIdOf(maker);
    addMember(tenant.id, makerId, "operator");
    const { token } = await make({ ...maker, at: tenant.at }, ["service.read", "service.launch"]);
    expect(await ask(token, "POST", tenant.at("/services"), {})).toEqual([400, "validation_failed"]);
    write("update members set role = 'viewer' where tenant_id = ? and user_id = ?", tenant.id, makerId);
    expect(await ask(token, "POST", tenant.at("/services"), {})).toEqual([403, "role_missing"]);
    expect(await ask(token, "GET", tenant.at("/services"))).toEqual([200, null]);
    write("delete from members where tenant_id = ? and user_id = ?", tenant.id, makerId);
    expect(await ask(token, "GET", tenant.at("/services"))).toEqual([401, "not_signed_in"]);
    // Who is asked in again later begins without the keys of before.
    write(
      "insert into members (tenant_id, user_id, role, created_at) values (?, ?, 'owner', ?)",
      tenant.id,
      makerId,
      Date.now(),
    );
    expect(await ask(token, "GET", tenant.at("/services"))).toEqual([401, "not_signed_in"]);
  });
});

describe("making keys", () => {
  it("gives no scope that the maker does not hold, none that is not for keys, and no time that is over", async () => {
    const tenant = await newTenant(site, "keygive");
    const refused = async (body: object) => {
      const answer = await tenant.person.send<Problem>("POST", tenant.at("/keys"), {
        name: "pipeline",
        scopes: ["service.read"],
        expiresAt: null,
        ...body,
      });
      return [answer.status, answer.body.errors?.map((field) => field.pointer)];
    };
    expect(await refused({ scopes: ["service.console"] })).toEqual([400, ["#/scopes"]]);
    expect(await refused({ scopes: ["keys.manage"] })).toEqual([400, ["#/scopes"]]);
    // Only resellers have children.
    expect(await refused({ scopes: ["service.read", "children.read"] })).toEqual([400, ["#/scopes"]]);
    expect(await refused({ scopes: ["everything"] })).toEqual([400, ["#/scopes/0"]]);
    expect(await refused({ scopes: [] })).toEqual([400, ["#/scopes"]]);
    expect(await refused({ expiresAt: Date.now() - 1 })).toEqual([400, ["#/expiresAt"]]);
    expect(await refused({ name: " " })).toEqual([400, ["#/name"]]);
    expect(rows("select id from api_keys where tenant_id = ?", tenant.id)).toEqual([]);
  });

  it("goes up to a number, however many ask at once", async () => {
    const tenant = await newTenant(site, "keymany");
    const userId = await userIdOf(tenant);
    for (let at = 0; at < 48; at += 1) {
      write(
        `insert into api_keys (id, tenant_id, user_id, name, secret_hash, scopes, created_at)
         values (?, ?, ?, 'seed', 'x', '[]', 0)`,
        `key_seed${tenant.id.slice(4)}${at}`,
        tenant.id,
        userId,
      );
    }
    const body = { name: "pipeline", scopes: ["service.read"], expiresAt: null };
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => tenant.person.send<Problem>("POST", tenant.at("/keys"), body)),
    );
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([201, 201, 409, 409, 409, 409]);
    expect(answers.find((answer) => answer.status === 409)?.body).toMatchObject({
      code: "too_many_keys",
      params: { maximum: 50 },
    });
  });

  it("leaves the keys of others to owners", async () => {
    const [tenant, helper] = await Promise.all([newTenant(site, "keyboss"), newTenant(site, "keyhelp")]);
    addMember(tenant.id, await userIdOf(helper), "operator");
    const { key } = await make(tenant, ["service.read"]);
    const theirs = await make({ ...helper, at: tenant.at }, ["service.read"]);
    const refused = await helper.person.send<Problem>("DELETE", tenant.at(`/keys/${key.id}`));
    expect([refused.status, refused.body.code]).toEqual([403, "role_missing"]);
    await tenant.person.ok("DELETE", tenant.at(`/keys/${theirs.key.id}`));
    await tenant.person.ok("DELETE", tenant.at(`/keys/${key.id}`));
  });

  it("outlives the session that made it", async () => {
    const tenant = await newTenant(site, "keylives");
    const session = await otherSession(tenant);
    const { token } = await make({ ...tenant, person: session }, ["service.read"]);
    await session.ok("POST", "/api/auth/sign-out", {});
    expect(await ask(token, "GET", tenant.at("/services"))).toEqual([200, null]);
  });
});
