// The audit: what is entered, who may read it, and that nothing in it can be changed without being found.
import { beforeAll, describe, expect, it } from "vitest";
import { digestOf } from "./harness/audit-digest.ts";
import { chainOf, entriesOf, lengthen, tamper } from "./harness/audit.ts";
import { ended, fault, launch, newTenant } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { addMember, platformOperator, rows, site, stranger, tenantWith, write } from "./harness/site.ts";
import { AUTH_ACTIONS } from "../worker/rules/audit-actions.ts";
import type { ChildTenantView, MeView, Problem } from "../worker/rules/views.ts";
import type { AuditPage, AuditVerdict } from "../worker/rules/views-audit.ts";

/** A change that every owner can make any number of times, and that is refused: nothing else is needed of it here. */
async function attempt(tenant: Tenant): Promise<string> {
  const answer = await tenant.person.send("DELETE", tenant.at("/services/svc_x?confirm=x"));
  expect(answer.status).toBe(404);
  return answer.headers.get("x-request-id") ?? "";
}

async function chainWith(label: string, entries: number): Promise<Tenant> {
  const tenant = await newTenant(site, label);
  while (chainOf(tenant.id).length < entries) await attempt(tenant);
  return tenant;
}

function audit(tenant: Tenant, query = ""): Promise<AuditPage> {
  return tenant.person.ok<AuditPage>("GET", tenant.at(`/audit${query}`));
}

function verdict(tenant: Tenant): Promise<AuditVerdict> {
  return tenant.person.ok<AuditVerdict>("GET", tenant.at("/audit/verify"));
}

describe("an entry", () => {
  it("tells who, what, about what, how it ended, from where and in which request", async () => {
    const tenant = await newTenant(site, "who");
    const requestId = await attempt(tenant);
    const { user } = await tenant.person.ok<MeView>("GET", "/api/me");
    const { entries } = await audit(tenant);
    expect(entries[0]).toMatchObject({
      tenant: { id: tenant.id, name: "Tenant who" },
      actor: { kind: "person", id: user.id, name: user.name },
      action: "service.delete",
      outcome: "failed",
      code: "not_found",
      target: { type: "service", id: "svc_x", name: null },
      requestId,
    });
    expect(Math.abs((entries[0]?.at ?? 0) - Date.now())).toBeLessThan(30_000);
  });

  it("of a change tells what was before and what is after", async () => {
    const platform = await platformOperator();
    const template = String(rows("select id from templates order by name")[0]?.["id"]);
    const answer = await platform.send("PUT", `/api/operator/templates/${template}`, { active: true });
    const [entry] = entriesOf(answer.headers.get("x-request-id"));
    expect(entry).toMatchObject({ chain: "ten_platform", action: "template.show", outcome: "done" });
    expect([entry?.before, entry?.after]).toEqual(['{"active":true}', '{"active":true}']);
  });

  it("never holds a secret", async () => {
    const platform = await platformOperator();
    const draft = { url: "https://127.0.0.1:1", tokenId: "a@pve!bb", tokenSecret: "opensesame-opensesame" };
    const answer = await platform.send("PUT", "/api/operator/clusters/clu_x", draft);
    expect(answer.status).toBe(404);
    expect(JSON.stringify(entriesOf(answer.headers.get("x-request-id")))).not.toContain("opensesame");
    expect(rows("select 1 from audit_intents where draft like '%opensesame%'")).toEqual([]);
  });

  it("stands with the person where the tenant is another's, and tells the other tenant nothing", async () => {
    const [ana, bob] = await Promise.all([newTenant(site, "ana"), newTenant(site, "bob")]);
    const { user } = await bob.person.ok<MeView>("GET", "/api/me");
    const before = chainOf(ana.id).length;
    const answers = [
      await bob.person.send("DELETE", ana.at("/services/svc_x?confirm=x")),
      await bob.person.send("GET", ana.at("/services")),
    ];
    const entries = answers.flatMap((answer) => entriesOf(answer.headers.get("x-request-id")));
    expect(entries.map(({ chain, outcome, code }) => [chain, outcome, code])).toEqual([
      [`user:${user.id}`, "refused", "not_found"],
      [`user:${user.id}`, "refused", "not_found"],
    ]);
    expect(entries[1]?.action).toBe("read /api/tenants/:tenant/services");
    expect(chainOf(ana.id).length).toBe(before);
    const own = await bob.person.ok<AuditPage>("GET", "/api/audit");
    expect(own.entries.map((entry) => entry.requestId)).toEqual(
      expect.arrayContaining(answers.map((answer) => answer.headers.get("x-request-id"))),
    );
    expect(own.entries.every((entry) => entry.tenant === null)).toBe(true);
  });

  it("is written for a reading that the role does not allow", async () => {
    const [ana, viewer] = await Promise.all([newTenant(site, "ana"), newTenant(site, "vic")]);
    addMember(ana.id, (await viewer.person.ok<MeView>("GET", "/api/me")).user.id, "viewer");
    const answer = await viewer.person.send<Problem>("GET", ana.at("/audit"));
    expect([answer.status, answer.body.code]).toEqual([403, "role_missing"]);
    expect(entriesOf(answer.headers.get("x-request-id"))).toMatchObject([
      { chain: ana.id, action: "read /api/tenants/:tenant/audit", outcome: "refused", code: "role_missing" },
    ]);
  });

  it.each(Object.entries(AUTH_ACTIONS))(
    "is written once for %s of accounts, in vain as it is",
    async (address, action) => {
      const [method = "", path = ""] = address.split(" ");
      const answer = await stranger().send(
        method,
        `/api/auth${path.replace(":provider", "nobody")}`,
        method === "GET" ? undefined : {},
      );
      const entries = entriesOf(answer.headers.get("x-request-id"));
      expect(entries.map((entry) => entry.action)).toEqual(action === null ? [] : [action]);
      expect(entries.every((entry) => entry.actor_kind === "stranger")).toBe(true);
    },
  );

  it("is written once each where many are at once", async () => {
    const tenant = await newTenant(site, "many");
    const ids = await Promise.all(Array.from({ length: 20 }, () => attempt(tenant)));
    expect(ids.map((id) => entriesOf(id).length)).toEqual(ids.map(() => 1));
    expect(chainOf(tenant.id).map((entry) => entry.seq)).toEqual(chainOf(tenant.id).map((_, index) => index + 1));
    expect(await verdict(tenant)).toMatchObject({ ok: true, broken: null });
    expect(rows("select 1 from audit_intents where draft like ?", `%${tenant.id}%`)).toEqual([]);
  });
});

describe("what no request of its own stands for", () => {
  it("a tenant begins its chain with how it came to be", async () => {
    const tenant = await newTenant(site, "first");
    const [first] = chainOf(tenant.id);
    const { user } = await tenant.person.ok<MeView>("GET", "/api/me");
    expect(first).toMatchObject({ seq: 1, action: "tenant.create", actor_id: user.id, target_id: tenant.id });
    expect(JSON.parse(first?.after ?? "{}")).toMatchObject({ status: "active" });
  });

  it("an operation that comes to nothing is told of once, with what stood in its way", async () => {
    const tenant = await newTenant(site, "failing");
    const calm = await fault(site.controlUrl, { kind: "task-fail", taskType: "qmclone" });
    const { body } = await launch(tenant);
    const operation = await ended(tenant, body.operation.id);
    await calm();
    expect(operation.status).toBe("reverted");
    const about = chainOf(tenant.id).filter((entry) => entry.target_id === body.service.id);
    expect(about).toMatchObject([
      { action: "service.launch", outcome: "done", actor_kind: "person" },
      { action: "operation.failed", outcome: "failed", actor_kind: "system", code: operation.error?.code },
    ]);
    expect(JSON.parse(about[1]?.after ?? "{}")).toEqual({
      operation: operation.id,
      kind: "launch",
      status: "reverted",
    });
    expect(rows("select 1 from audit_intents where draft like ?", `%${tenant.id}%`)).toEqual([]);
  });
});

describe("verifying", () => {
  it("finds nothing wrong with what nobody has touched, and tells the newest digest", async () => {
    const tenant = await chainWith("fine", 3);
    const [last] = rows("select hash, seq from audit_entries where chain = ? order by seq desc", tenant.id);
    expect(await verdict(tenant)).toEqual({ ok: true, entries: last?.["seq"], head: last?.["hash"], broken: null });
  });

  it.each([
    ["who", "actor_name", "'Somebody'"],
    ["when", "at", "at - 1"],
    ["what", "action", "'service.console'"],
    ["how it ended", "outcome", "'done'"],
    ["what it was about", "target_id", "'svc_y'"],
    ["what was after", "after", `'{"cores":1}'`],
    ["what was after, to what is no JSON", "after", "'{'"],
    ["from where", "ip", "'192.0.2.1'"],
    ["its id", "id", "'aud_x'"],
  ])("finds an entry in which somebody has changed %s in the file", async (_what, column, value) => {
    const tenant = await chainWith("changed", 4);
    tamper(`update audit_entries set "${column}" = ${value} where chain = ? and seq = 2`, tenant.id);
    const found = await verdict(tenant);
    expect(found).toMatchObject({ ok: false, entries: 1, broken: { chain: tenant.id, seq: 2, why: "digest" } });
    expect((await audit(tenant)).entries.length).toBeGreaterThanOrEqual(4);
  });

  it("finds an entry that was removed", async () => {
    const tenant = await chainWith("removed", 4);
    tamper("delete from audit_entries where chain = ? and seq = 3", tenant.id);
    expect((await verdict(tenant)).broken).toMatchObject({ seq: 3, why: "gap" });
  });

  it("finds an entry that was made anew with a digest of its own", async () => {
    const tenant = await chainWith("forged", 4);
    const [row] = rows("select * from audit_entries where chain = ? and seq = 2", tenant.id);
    const forged = { ...row, actor_name: "Somebody" };
    const set = "update audit_entries set actor_name = 'Somebody', hash = ? where chain = ? and seq = 2";
    tamper(set, digestOf(forged), tenant.id);
    expect((await verdict(tenant)).broken).toMatchObject({ seq: 3, why: "link" });
  });

  it("goes on behind the first page", async () => {
    const tenant = await chainWith("long", 1);
    const { person } = tenant;
    lengthen(tenant.id, 520);
    const last = chainOf(tenant.id).length;
    expect(last).toBeGreaterThan(500);
    expect((await verdict(tenant)).entries).toBe(last);
    tamper("update audit_entries set action = 'x' where chain = ? and seq = ?", tenant.id, last);
    expect((await verdict(tenant)).broken).toMatchObject({ seq: last, why: "digest" });
    const file = await person.send<unknown[]>("GET", tenant.at("/audit/export?format=json"));
    expect(file.body.length).toBe(last);
  });

  it("of everything, by those who run the platform, finds it in whichever chain", async () => {
    const platform = await platformOperator();
    const tenant = await chainWith("anywhere", 2);
    tamper("update audit_entries set ip = 'x' where chain = ? and seq = 2", tenant.id);
    const all = await platform.ok<AuditVerdict>("GET", "/api/operator/audit/verify");
    // Tests before this one have broken other chains, and it stops at the first.
    expect([all.ok, all.broken === null]).toEqual([false, false]);
    const one = await platform.ok<AuditVerdict>("GET", `/api/operator/audit/verify?tenant=${tenant.id}`);
    expect(one.broken).toMatchObject({ chain: tenant.id, seq: 2 });
  });
});

describe("the database", () => {
  it.each([
    ["a change", "update audit_entries set action = 'x' where chain = ?", "audit_is_append_only"],
    ["a removal", "delete from audit_entries where chain = ?", "audit_is_append_only"],
    [
      "an entry in the midst",
      `insert into audit_entries select 'aud_y', chain, 1, at, actor_kind, actor_id, actor_name, action, outcome, code, target_type,
       target_id, target_name, before, after, ip, request_id, prev_hash, hash from audit_entries where chain = ? limit 1`,
      "audit_chain_moved",
    ],
  ])("refuses %s", async (_what, sql, reason) => {
    const tenant = await chainWith("kept", 2);
    expect(() => write(sql, tenant.id)).toThrow(reason);
  });
});

describe("reading", () => {
  let top: Tenant;
  let child: ChildTenantView;
  let neighbour: Tenant;
  let carl: Tenant;

  beforeAll(async () => {
    [top, neighbour, carl] = await Promise.all([
      tenantWith("top", { vcpu: 4 }),
      newTenant(site, "near"),
      newTenant(site, "carl"),
    ]);
    const draft = { name: "Below", ownerEmail: carl.email, limits: { vcpu: 1 } };
    ({ child } = await top.person.ok<{ child: ChildTenantView }>("POST", top.at("/children"), draft));
    const below: Tenant = { ...carl, id: child.id, at: (path) => `/api/tenants/${child.id}${path}` };
    await attempt(below);
    await attempt(top);
  });

  it("shows a tenant its own chain and nothing of those above or beside", async () => {
    const page = await carl.person.ok<AuditPage>("GET", `/api/tenants/${child.id}/audit?below=1`);
    expect(page.entries.length).toBeGreaterThan(0);
    expect(new Set(page.entries.map((entry) => entry.tenant?.id))).toEqual(new Set([child.id]));
  });

  it("shows a reseller its own, that of one below, or all of its subtree", async () => {
    const own = await audit(top);
    expect(new Set(own.entries.map((entry) => entry.tenant?.id))).toEqual(new Set([top.id]));
    const of = await audit(top, `?tenant=${child.id}`);
    expect(new Set(of.entries.map((entry) => entry.tenant?.id))).toEqual(new Set([child.id]));
    const all = await audit(top, "?below=1");
    expect(new Set(all.entries.map((entry) => entry.tenant?.id))).toEqual(new Set([top.id, child.id]));
    expect(all.entries.map((entry) => entry.at)).toEqual(
      all.entries.map((entry) => entry.at).toSorted((a, b) => b - a),
    );
  });

  it.each(["", "/verify", "/export"])("knows no tenant beside or above (%s)", async (path) => {
    const at = (id: string) => top.at(`/audit${path}?format=csv&tenant=${id}`);
    for (const id of [neighbour.id, "ten_platform", "ten_nobody"]) {
      const answer = await top.person.send<Problem>("GET", at(id));
      expect([id, answer.status, answer.body.code]).toEqual([id, 404, "not_found"]);
    }
    expect((await top.person.send("GET", at(child.id))).status).toBe(200);
  });

  it("shows those who run the platform everything, strangers' failures included", async () => {
    const platform = await platformOperator();
    const answer = await stranger().send("POST", "/api/auth/sign-in/email", {
      email: "no@body.test",
      password: "wrong-wrong",
    });
    const page = await platform.ok<AuditPage>("GET", "/api/operator/audit");
    const entry = page.entries.find(({ requestId }) => requestId === answer.headers.get("x-request-id"));
    expect(entry).toMatchObject({ actor: { kind: "stranger" }, action: "auth.sign-in", code: "invalid_credentials" });
    expect(new Set(page.entries.map(({ tenant }) => tenant?.id)).size).toBeGreaterThan(1);
  });

  it("goes from page to page without a gap or a repetition", async () => {
    const tenant = await chainWith("pages", 120);
    const seen: number[] = [];
    for (let next: string | null = ""; next !== null;) {
      const page: AuditPage = await audit(tenant, next === "" ? "" : `?before=${next}`);
      seen.push(...page.entries.map((entry) => entry.seq));
      ({ next } = page);
    }
    const all = chainOf(tenant.id).map((entry) => entry.seq);
    expect(seen).toEqual(all.toReversed());
  });

  it("takes filters: who, what, how it ended, when", async () => {
    const { user } = await top.person.ok<MeView>("GET", "/api/me");
    const count = async (query: string) => (await audit(top, `?below=1&${query}`)).entries.length;
    const [all, first] = [await audit(top, "?below=1"), (await audit(top)).entries.at(-1)];
    expect(await count(`actor=${user.id}`)).toBe(all.entries.filter((entry) => entry.actor.id === user.id).length);
    expect(await count("actor=PERSON%20CARL")).toBe(
      all.entries.filter((entry) => entry.actor.name === "Person carl").length,
    );
    expect(await count("actor=%25")).toBe(0);
    expect(await count("action=service")).toBe(2);
    expect(await count("action=service.delete")).toBe(2);
    expect(await count("action=serv")).toBe(0);
    expect(await count("outcome=failed")).toBe(2);
    expect(await count("outcome=unknown")).toBe(0);
    expect(await count(`to=${first?.at}`)).toBe(all.entries.filter((entry) => entry.at < (first?.at ?? 0)).length);
    expect(await count(`from=${first?.at}`)).toBe(all.entries.filter((entry) => entry.at >= (first?.at ?? 0)).length);
    for (const query of ["outcome=maybe", "from=yesterday", "before=x", "below=2"]) {
      expect((await top.person.send("GET", top.at(`/audit?${query}`))).status).toBe(400);
    }
  });
});

describe("the file", () => {
  it("in CSV is what a spreadsheet reads, and no formula of somebody's name", async () => {
    const tenant = await chainWith("file", 1);
    write(`update users set name = '=HYPERLINK("http://x")' where email = ?`, tenant.email);
    await attempt(tenant);
    const answer = await tenant.person.send<string>("GET", tenant.at("/audit/export?format=csv&action=service.delete"));
    expect(answer.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="audit.csv"');
    const [head, newest] = answer.body.split("\r\n");
    expect(head?.split(",").slice(0, 3)).toEqual(["time", "tenant", "tenantId"]);
    expect(newest).toContain(`,"'=HYPERLINK(""http://x"")",service.delete,failed,not_found,`);
  });

  it("in JSON has every column: its digests can be worked out elsewhere", async () => {
    const tenant = await chainWith("json", 3);
    const { body } = await tenant.person.send<Record<string, unknown>[]>("GET", tenant.at("/audit/export?format=json"));
    expect(body.length).toBeGreaterThanOrEqual(3);
    const digests = body.map((row) => digestOf(row));
    expect(body.map((row) => row["hash"])).toEqual(digests);
  });

  it("of nothing is an empty list", async () => {
    const tenant = await newTenant(site, "empty");
    const path = tenant.at("/audit/export?format=json&action=nothing");
    expect((await tenant.person.send("GET", path)).body).toEqual([]);
  });
});
