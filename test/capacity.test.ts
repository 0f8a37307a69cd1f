// What the platform hands out: physical capacity times the overcommit, never less than is handed out already.
import { afterEach, expect, it } from "vitest";
import type { CapacityView } from "../worker/rules/views-tree.ts";
import type { Problem, Resource } from "../worker/rules/views.ts";
import { envelopesOf } from "./harness/family.ts";
import { expectHonestLedger, platformOperator, rows, tenantWith } from "./harness/site.ts";

afterEach(expectHonestLedger);

type Change = { resource: Resource; physical: number; ratioPercent: number };

async function capacity(resource: Resource) {
  const view = await (await platformOperator()).ok<CapacityView>("GET", "/api/operator/capacity");
  const row = view.resources.find((candidate) => candidate.resource === resource);
  if (!row) throw new Error("no such row");
  return row;
}

async function put(...resources: Change[]) {
  return (await platformOperator()).send<CapacityView & Problem>("PUT", "/api/operator/capacity", { resources });
}

it("the limit is the floor of physical times ratio, and what is handed out counts against it", async () => {
  await tenantWith("capacity", { publicIps: 0 });
  const before = await capacity("publicIps");
  const answer = await put({ resource: "publicIps", physical: 7, ratioPercent: 250 });
  expect(answer.status).toBe(200);
  expect(await capacity("publicIps")).toEqual({ ...before, physical: 7, ratioPercent: 250, limit: 17 });
  const holder = await tenantWith("holder", { publicIps: 17 });
  expect(envelopesOf(holder.id)["publicIps"]).toBe("0/17");

  const refused = await put(
    { resource: "publicIps", physical: 7, ratioPercent: 200 },
    { resource: "snapshots", physical: 100_001, ratioPercent: 100 },
  );
  expect([refused.status, refused.body.code, refused.body.params]).toEqual([
    409,
    "limit_below_used",
    { resource: "publicIps", limit: 14, used: 17 },
  ]);
  // All or nothing.
  expect((await capacity("snapshots")).physical).not.toBe(100_001);
  expect((await capacity("publicIps")).limit).toBe(17);

  const [entry] = rows(
    "select before, after from audit_entries where chain = 'ten_platform' and action = 'capacity.change' and outcome = 'done' order by seq desc limit 1",
  );
  expect([entry?.["before"], entry?.["after"]].map((text) => JSON.parse(String(text)))).toEqual([
    { publicIps: { physical: before.physical, ratioPercent: before.ratioPercent, limit: before.limit } },
    { publicIps: { physical: 7, ratioPercent: 250, limit: 17 } },
  ]);
});

it("takes no nonsense", async () => {
  const answers = await Promise.all([
    put({ resource: "vcpu", physical: -1, ratioPercent: 100 }),
    put({ resource: "vcpu", physical: 1, ratioPercent: 0 }),
    put({ resource: "vcpu", physical: 1, ratioPercent: 10_001 }),
    put({ resource: "gold" as Resource, physical: 1, ratioPercent: 100 }),
  ]);
  expect(answers.map((answer) => answer.status)).toEqual([400, 400, 400, 400]);
});
