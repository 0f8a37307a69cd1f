// Changing credentials while everything runs: tenants' tokens on Proxmox VE, and the key under which secrets are kept.
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Person } from "../lab/stack/person.ts";
import type { SecretsView } from "../worker/rules/views-findings.ts";
import type { ConsoleView, MeView, Problem } from "../worker/rules/views.ts";
import { readDatabase } from "./harness/database.ts";
import { clearFaults, ended, fault, launched, newTenant, pause, serviceOf } from "./harness/portal.ts";
import type { Site, Tenant } from "./harness/portal.ts";
import { pve, root } from "./harness/pve.ts";
import { startTestStack } from "./harness/shared.ts";
import type { TestStack } from "./harness/shared.ts";
import { addMember, expectHonestLedger, platformOperator, rows, site } from "./harness/site.ts";
import { opened } from "./harness/socket.ts";

/** Names of a tenant's tokens on the cluster, as root sees them. */
async function tokens(tenant: Tenant): Promise<string[]> {
  const path = `/access/users/t-${tenant.id.slice(4)}@pve/token`;
  return (await pve<{ tokenid: string }[]>(await root(), "GET", path)).data.map((row) => row.tokenid);
}

/** Name of the token that the portal holds for a tenant. */
function held(tenant: Tenant): string {
  return (
    String(rows("select token_id from identities where tenant_id = ?", tenant.id)[0]?.["token_id"]).split("!")[1] ?? ""
  );
}

describe("a tenant's token", () => {
  afterEach(async () => {
    await clearFaults(site.controlUrl);
    expectHonestLedger();
  });

  it("is replaced by its owner: the new one stands, the old one is gone, everything goes on", async () => {
    const tenant = await newTenant(site, "rotate");
    const service = await launched(tenant);
    const before = held(tenant);
    expect(await tokens(tenant)).toEqual([before]);
    expect(await tenant.person.ok("POST", tenant.at("/credentials/rotate"), {})).toEqual({ rotated: 1 });
    const after = held(tenant);
    expect(after).not.toBe(before);
    expect(await tokens(tenant)).toEqual([after]);
    const stop = await tenant.person.ok<{ operation: { id: string } }>(
      "POST",
      tenant.at(`/services/${service.id}/power`),
      {
        action: "stop",
      },
    );
    expect((await ended(tenant, stop.operation.id)).status).toBe("succeeded");
    expect(
      rows(
        "select action, outcome, actor_kind from audit_entries where chain = ? and action = 'tenant.rotate'",
        tenant.id,
      ),
    ).toEqual([{ action: "tenant.rotate", outcome: "done", actor_kind: "person" }]);
  });

  it("is replaced by those who run the platform, and by nobody else", async () => {
    const [tenant, other, member] = await Promise.all(
      ["owner", "other", "member"].map((name) => newTenant(site, name)),
    );
    if (!tenant || !other || !member) throw new Error("a tenant is missing");
    await launched(tenant);
    const before = held(tenant);
    addMember(tenant.id, (await member.person.ok<MeView>("GET", "/api/me")).user.id, "operator");
    const refused = await Promise.all([
      member.person.send<Problem>("POST", tenant.at("/credentials/rotate"), {}),
      other.person.send<Problem>("POST", tenant.at("/credentials/rotate"), {}),
      other.person.send<Problem>("POST", `/api/operator/tenants/${tenant.id}/rotate`, {}),
    ]);
    expect(refused.map((answer) => [answer.status, answer.body.code])).toEqual([
      [403, "role_missing"],
      [404, "not_found"],
      [404, "not_found"],
    ]);
    expect(held(tenant)).toBe(before);
    const operator = await platformOperator();
    expect(await operator.ok("POST", `/api/operator/tenants/${tenant.id}/rotate`, {})).toEqual({ rotated: 1 });
    expect(held(tenant)).not.toBe(before);
    const never = await operator.send<Problem>("POST", "/api/operator/tenants/ten_00000000000000000000/rotate", {});
    expect([never.status, never.body.code]).toEqual([404, "not_found"]);
  });

  it("leaves an open console open", async () => {
    const tenant = await newTenant(site, "screen");
    const service = await launched(tenant);
    const view = await tenant.person.ok<ConsoleView>("POST", tenant.at(`/services/${service.id}/console`), {});
    const socket = await opened(tenant.person, view.path);
    let isClosed = false;
    socket.on("close", () => (isClosed = true));
    await tenant.person.ok("POST", tenant.at("/credentials/rotate"), {});
    await pause(1_000);
    expect(isClosed).toBe(false);
    socket.terminate();
  });

  it("may change in the middle of operations: each comes to its end", async () => {
    const tenant = await newTenant(site, "busy");
    const services = await Promise.all([launched(tenant), launched(tenant)]);
    await fault(site.controlUrl, { kind: "latency", path: "/status/", ms: 400 });
    const operations = await Promise.all(
      services.map((service, index) =>
        tenant.person.ok<{ operation: { id: string } }>("POST", tenant.at(`/services/${service.id}/power`), {
          action: index === 0 ? "stop" : "shutdown",
        }),
      ),
    );
    for (let turn = 0; turn < 4; turn += 1) {
      await tenant.person.ok("POST", tenant.at("/credentials/rotate"), {});
      await pause(300);
    }
    const outcomes = await Promise.all(operations.map(({ operation }) => ended(tenant, operation.id)));
    expect(outcomes.map((operation) => [operation.status, operation.error])).toEqual([
      ["succeeded", null],
      ["succeeded", null],
    ]);
    expect(await tokens(tenant)).toEqual([held(tenant)]);
  });

  it("is never lost: whatever is cut off on the way, the stored one is valid, and the next change tidies up", async () => {
    const tenant = await newTenant(site, "cut");
    const service = await launched(tenant);
    const before = held(tenant);
    const rotate = () => tenant.person.send<Problem>("POST", tenant.at("/credentials/rotate"), {});
    // The new token is made, but its answer is lost.
    await fault(site.controlUrl, { kind: "drop-after", method: "POST", path: "/access/users/.*/token/", times: 1 });
    expect((await rotate()).status).toBeGreaterThanOrEqual(500);
    expect(held(tenant)).toBe(before);
    expect((await tokens(tenant)).length).toBe(2);
    // The new one is stored, the old one cannot be removed: that is told, for it still opens everything.
    await fault(site.controlUrl, { kind: "drop-before", method: "DELETE", path: "/access/users/.*/token/", times: 1 });
    expect((await rotate()).status).toBeGreaterThanOrEqual(500);
    expect(held(tenant)).not.toBe(before);
    expect((await serviceOf(tenant, service.id)).state).toBe("ready");
    expect((await rotate()).status).toBe(200);
    expect(await tokens(tenant)).toEqual([held(tenant)]);
  });

  it("is one, whoever changes it at the same moment", async () => {
    const tenant = await newTenant(site, "race");
    const service = await launched(tenant);
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => tenant.person.send("POST", tenant.at("/credentials/rotate"), {})),
    );
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 6 }, () => 200));
    expect(await tokens(tenant)).toContain(held(tenant));
    await tenant.person.ok("POST", tenant.at("/credentials/rotate"), {});
    expect(await tokens(tenant)).toEqual([held(tenant)]);
    const view = await tenant.person.ok<ConsoleView>("POST", tenant.at(`/services/${service.id}/console`), {});
    expect(view.password.length).toBe(8);
  });
});

describe("the key of the secrets at rest", () => {
  let test: TestStack;
  let tenant: Tenant;
  let serviceId: string;

  beforeAll(async () => {
    test = await startTestStack();
    const own: Site = {
      origin: test.stack.origin,
      controlUrl: test.stack.lab.controlUrl,
      databaseFile: test.stack.databaseFile(),
    };
    tenant = await newTenant(own, "keys");
    serviceId = (await launched(tenant)).id;
  }, 120_000);

  afterAll(() => test.remove());

  async function restartWith(change: (secrets: Record<string, string>) => Record<string, string>): Promise<void> {
    const secrets = JSON.parse(readFileSync(test.stack.secretsFile, "utf8")) as Record<string, string>;
    writeFileSync(test.stack.secretsFile, JSON.stringify(change(secrets)), { mode: 0o600 });
    await test.stack.restartWorker();
  }

  /** What needs a tenant's token and the provisioning token; each stands sealed in the database. */
  async function everythingOpens(): Promise<void> {
    const action = (await serviceOf(tenant, serviceId)).power === "running" ? "stop" : "start";
    const begun = await tenant.person.ok<{ operation: { id: string } }>(
      "POST",
      tenant.at(`/services/${serviceId}/power`),
      { action },
    );
    expect((await ended(tenant, begun.operation.id)).status).toBe("succeeded");
    const check = await test.operator.ok<{ cluster: { status: string } }>(
      "POST",
      `/api/operator/clusters/${test.clusterId}/check`,
      {},
    );
    expect(check.cluster.status).toBe("ok");
  }

  const secrets = () => test.operator.ok<SecretsView>("GET", "/api/operator/secrets");
  const prefixes = () =>
    readDatabase(test.stack.databaseFile(), (database) =>
      database
        .prepare(
          "select token_secret_sealed as text from clusters union all select token_secret_sealed from identities",
        )
        .all()
        .map((row) => String(row["text"]).split(".")[0]),
    );

  it(
    "changes without a pause: old secrets open, are sealed anew, and the old key can go",
    { timeout: 180_000 },
    async () => {
      expect(await secrets()).toEqual({ current: "k1", keys: [{ id: "k1", secrets: 2, given: true }], left: 0 });
      await restartWith((before) => ({
        ...before,
        ENCRYPTION_KEY: randomBytes(32).toString("base64"),
        ENCRYPTION_KEY_ID: "k2",
        ENCRYPTION_KEYS_OLD: `k1:${before.ENCRYPTION_KEY}`,
      }));
      await everythingOpens();
      expect(await secrets()).toMatchObject({ current: "k2", left: 2 });
      // What is sealed from now on is under the new key, beside the old.
      await tenant.person.ok("POST", tenant.at("/credentials/rotate"), {});
      expect(prefixes().toSorted()).toEqual(["k1", "k2"]);
      const answer = await test.operator.ok<SecretsView & { sealed: number }>(
        "POST",
        "/api/operator/secrets/reseal",
        {},
      );
      expect(answer).toEqual({
        sealed: 1,
        current: "k2",
        keys: [
          { id: "k2", secrets: 2, given: true },
          { id: "k1", secrets: 0, given: true },
        ],
        left: 0,
      });
      expect(prefixes()).toEqual(["k2", "k2"]);
      expect(await test.operator.ok("POST", "/api/operator/secrets/reseal", {})).toMatchObject({ sealed: 0, left: 0 });
      await restartWith((before) => ({ ...before, ENCRYPTION_KEYS_OLD: "" }));
      await everythingOpens();
      expect(await secrets()).toEqual({ current: "k2", keys: [{ id: "k2", secrets: 2, given: true }], left: 0 });
      const stranger = new Person(test.stack.origin, test.stack.lab.controlUrl);
      expect((await stranger.send("GET", "/api/operator/secrets")).status).toBe(401);
    },
  );
});
