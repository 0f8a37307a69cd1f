// Asking for more: from the refusal, over the one above who sees and decides, to the launch that fits.
import { afterEach, describe, expect, it } from "vitest";
import type { QuotaRequestView } from "../worker/rules/views-tree.ts";
import type { Problem } from "../worker/rules/views.ts";
import { ask, change, envelopesOf, mailTo, newChild, newReseller, rowOf } from "./harness/family.ts";
import { ended, launch, newTenant } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { addMember, expectHonestLedger, platformOperator, rows, site } from "./harness/site.ts";

afterEach(expectHonestLedger);

type Decided = { request: QuotaRequestView } & Problem;

const decide = (above: Tenant, id: string, verb: "approve" | "decline", body: unknown = {}) =>
  above.person.send<Decided>("POST", above.at(`/requests/${id}/${verb}`), body);

async function asked(above: Tenant): Promise<QuotaRequestView[]> {
  return (await above.person.ok<{ requests: QuotaRequestView[] }>("GET", above.at("/requests"))).requests;
}

async function ownRequests(tenant: Tenant): Promise<QuotaRequestView[]> {
  return (await tenant.person.ok<{ requests: QuotaRequestView[] }>("GET", tenant.at("/quota/requests"))).requests;
}

/** A reseller with 4 vCPU, and a tenant below that has 1 of them. */
async function family(label: string) {
  const reseller = await newReseller(`${label}-r`, { vcpu: 4, memoryMiB: 2_048, diskGiB: 20, services: 4 });
  const tenant = await newChild(reseller, label, { vcpu: 1, memoryMiB: 1_024, diskGiB: 10, services: 2 });
  return { reseller, tenant };
}

const idOf = async (tenant: Tenant, wanted: Record<string, number>) => (await ask(tenant, wanted)).body.request.id;

describe("a request for more", () => {
  it("is seen, approved, applied at once, told by mail and in the audit", async () => {
    const { reseller, tenant } = await family("whole");
    const refused = await launch(tenant, { size: { cores: 3, memoryMiB: 128, diskGiB: 2 } });
    expect(refused.body.params).toEqual({ resource: "vcpu", asked: 3, left: 1, limit: 1, whose: "own" });

    const sent = await ask(tenant, { vcpu: 3 }, "for the new shop");
    expect(sent.status).toBe(201);
    expect(sent.body.request).toMatchObject({
      tenant: { id: tenant.id },
      status: "open",
      wanted: { vcpu: 3 },
      now: [{ resource: "vcpu", limit: 1, used: 0, own: true, mode: "carve" }],
      message: "for the new shop",
      seenAt: null,
    });
    expect((await ownRequests(tenant))[0]?.seenAt).toBeNull();
    const mail = await mailTo(reseller.email, /more quota/);
    expect(mail.text).toContain("for the new shop");

    expect(await asked(reseller)).toMatchObject([{ id: sent.body.request.id, status: "open" }]);
    expect((await ownRequests(tenant))[0]?.seenAt).toEqual(expect.any(Number));

    const approved = await decide(reseller, sent.body.request.id, "approve", { message: "there you are" });
    expect(approved.status).toBe(200);
    expect(approved.body.request).toMatchObject({ status: "approved", granted: { vcpu: 3 }, answer: "there you are" });
    expect([envelopesOf(tenant.id)["vcpu"], envelopesOf(reseller.id)["vcpu"]]).toEqual(["0/3", "3/4"]);
    expect((await mailTo(tenant.email, /has more quota/)).text).toContain("there you are");

    const launchedNow = await launch(tenant, { size: { cores: 3, memoryMiB: 128, diskGiB: 2 } });
    expect(launchedNow.status).toBe(202);
    await ended(tenant, launchedNow.body.operation.id);

    const entries = rows(
      "select action, outcome, before, after from audit_entries where chain = ? and action in ('quota.ask', 'request.approve') order by seq",
      tenant.id,
    );
    expect(entries.map((row) => [row["action"], row["outcome"], row["before"], row["after"]])).toEqual([
      ["quota.ask", "done", null, JSON.stringify({ wanted: { vcpu: 3 }, message: "for the new shop" })],
      [
        "request.approve",
        "done",
        JSON.stringify({ limits: { vcpu: 1 } }),
        JSON.stringify({ status: "approved", limits: { vcpu: 3 } }),
      ],
    ]);
  });

  it("may be granted with other limits", async () => {
    const { reseller, tenant } = await family("other");
    const id = await idOf(tenant, { vcpu: 4, services: 4 });
    const limits = { vcpu: 2, memoryMiB: 2_000 };
    expect((await decide(reseller, id, "approve", { limits })).body.request.granted).toEqual(limits);
    expect(envelopesOf(tenant.id)).toMatchObject({ vcpu: "0/2", memoryMiB: "0/2000", services: "0/2" });
  });

  it("stays open where the one above has not enough, with the numbers", async () => {
    const { reseller, tenant } = await family("short");
    const id = await idOf(tenant, { vcpu: 6 });
    const refused = await decide(reseller, id, "approve");
    expect([refused.status, refused.body.code, refused.body.params]).toEqual([
      409,
      "quota_exceeded",
      { resource: "vcpu", asked: 5, left: 3, limit: 4, whose: "own" },
    ]);
    expect((await ownRequests(tenant))[0]).toMatchObject({ id, status: "open", granted: null });
    expect(envelopesOf(tenant.id)["vcpu"]).toBe("0/1");
    expect((await decide(reseller, id, "approve", { limits: { vcpu: 4 } })).status).toBe(200);
  });

  it("is declined with a reason, and another may follow", async () => {
    const { reseller, tenant } = await family("declined");
    const id = await idOf(tenant, { vcpu: 2 });
    expect((await decide(reseller, id, "decline", {})).status).toBe(400);
    const declined = await decide(reseller, id, "decline", { message: "not this month" });
    expect(declined.body.request).toMatchObject({ status: "declined", answer: "not this month" });
    expect((await mailTo(tenant.email, /No more quota/)).text).toContain("not this month");
    expect(envelopesOf(tenant.id)["vcpu"]).toBe("0/1");
    expect((await ask(tenant, { vcpu: 2 })).status).toBe(201);
    expect((await ownRequests(tenant)).map((row) => row.status)).toEqual(["open", "declined"]);
  });

  it("is one at a time; withdrawn, it is decided for good", async () => {
    const { reseller, tenant } = await family("one");
    const id = await idOf(tenant, { vcpu: 2 });
    expect((await ask(tenant, { services: 3 })).body.code).toBe("request_open");
    await tenant.person.ok("DELETE", tenant.at(`/quota/requests/${id}`));
    for (const answer of [
      await decide(reseller, id, "approve"),
      await decide(reseller, id, "decline", { message: "no" }),
      await tenant.person.send<Problem>("DELETE", tenant.at(`/quota/requests/${id}`)),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([409, "request_decided"]);
    }
    expect(envelopesOf(tenant.id)["vcpu"]).toBe("0/1");
  });

  it("is decided once, however many decide at the same moment", async () => {
    const { reseller, tenant } = await family("race");
    const id = await idOf(tenant, { vcpu: 3 });
    const answers = await Promise.all([
      decide(reseller, id, "approve", { limits: { vcpu: 2 } }),
      decide(reseller, id, "approve", { limits: { vcpu: 3 } }),
      decide(reseller, id, "decline", { message: "no" }),
      tenant.person.send<Decided>("DELETE", tenant.at(`/quota/requests/${id}`)),
    ]);
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([200, 409, 409, 409]);
    const [row] = await ownRequests(tenant);
    const limit = row?.status === "approved" ? row.granted?.vcpu : 1;
    expect((await rowOf(tenant, "vcpu")).limit).toBe(limit);
  });
});

describe("what cannot be asked for", () => {
  it("is nothing, what is there already, and what is not handed out", async () => {
    const { reseller, tenant } = await family("cannot");
    expect((await ask(tenant, {})).status).toBe(400);
    const less = await ask(tenant, { vcpu: 1 });
    expect(less.body.errors).toEqual([{ pointer: "#/wanted/vcpu", code: "too_small", params: { minimum: 2 } }]);
    await change(reseller, tenant, {}, { backups: "reject" });
    const rejected = await ask(tenant, { vcpu: 2, backups: 1 });
    expect([rejected.status, rejected.body.code, rejected.body.params]).toEqual([
      409,
      "envelope_rejected",
      { resource: "backups" },
    ]);
    expect(await ownRequests(tenant)).toEqual([]);
  });

  it("what is shared may be asked for: it becomes one's own, with what is used of it", async () => {
    const { reseller, tenant } = await family("shared");
    await change(reseller, tenant, {}, { vcpu: "share" });
    const running = await launch(tenant, { size: { cores: 2, memoryMiB: 128, diskGiB: 2 } });
    await ended(tenant, running.body.operation.id);
    expect(envelopesOf(reseller.id)["vcpu"]).toBe("2/4");
    const id = await idOf(tenant, { vcpu: 3 });
    expect((await decide(reseller, id, "approve")).status).toBe(200);
    expect([envelopesOf(reseller.id)["vcpu"], envelopesOf(tenant.id)["vcpu"]]).toEqual(["3/4", "2/3"]);
  });
});

describe("who may", () => {
  it("ask: those who work there, and not a viewer", async () => {
    const { tenant } = await family("roles");
    const viewer = await newTenant(site, "roles-viewer");
    const me = await viewer.person.ok<{ user: { id: string } }>("GET", "/api/me");
    addMember(tenant.id, me.user.id, "viewer");
    const answer = await viewer.person.send<Problem>("POST", tenant.at("/quota/requests"), { wanted: { vcpu: 2 } });
    expect([answer.status, answer.body.code]).toEqual([403, "role_missing"]);
    expect((await viewer.person.send("GET", tenant.at("/quota/requests"))).status).toBe(200);
  });

  it("decide: the one that was asked, and neither another reseller nor the asker nor the platform", async () => {
    const { reseller, tenant } = await family("theirs");
    const { reseller: other } = await family("stranger");
    const id = await idOf(tenant, { vcpu: 2 });
    const platform = await platformOperator();
    for (const answer of [
      await decide(other, id, "approve"),
      await decide(other, id, "decline", { message: "no" }),
      await decide(tenant, id, "approve"),
      await platform.send<Problem>("POST", `/api/operator/requests/${id}/approve`, {}),
      await platform.send<Problem>("POST", `/api/operator/requests/${id}/decline`, { message: "no" }),
      await reseller.person.send<Problem>("DELETE", reseller.at(`/quota/requests/${id}`)),
      await other.person.send<Problem>("DELETE", tenant.at(`/quota/requests/${id}`)),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
    }
    expect((await asked(other)).map((row) => row.id)).not.toContain(id);
  });

  it("decide for a reseller: the platform", async () => {
    const { reseller } = await family("top");
    const id = await idOf(reseller, { vcpu: 5 });
    const platform = await platformOperator();
    const { requests } = await platform.ok<{ requests: QuotaRequestView[] }>("GET", "/api/operator/requests");
    expect(requests.find((row) => row.id === id)).toMatchObject({ tenant: { id: reseller.id }, status: "open" });
    await platform.ok("POST", `/api/operator/requests/${id}/approve`, {});
    expect(envelopesOf(reseller.id)["vcpu"]).toBe("1/5");
  });
});
