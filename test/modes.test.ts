// What a resource of a child may be: carved, shared, refused; and the way from each to each, under use.
import { afterEach, describe, expect, it } from "vitest";
import type { CarvePreview } from "../worker/rules/quota.ts";
import type { Problem } from "../worker/rules/views.ts";
import { change, envelopesOf, newChild, newReseller, ROOMY, rowOf } from "./harness/family.ts";
import { ended, launch, launched } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { expectHonestLedger, rows } from "./harness/site.ts";

afterEach(expectHonestLedger);

const MINE = { vcpu: 4, memoryMiB: 4_096, diskGiB: 40, services: 4 };

async function preview(above: Tenant, body: unknown) {
  return above.person.send<CarvePreview & Problem>("POST", above.at("/children/preview"), body);
}

describe("a new child", () => {
  it("has nothing of what it was not given", async () => {
    const reseller = await newReseller("zero");
    const child = await newChild(reseller, "zero", { vcpu: 2 });
    expect(envelopesOf(child.id)).toEqual({
      vcpu: "0/2",
      memoryMiB: "0/0",
      diskGiB: "0/0",
      services: "0/0",
      snapshots: "0/0",
      backups: "0/0",
      backupGiB: "0/0",
      publicIps: "0/0",
    });
    const refused = await launch(child);
    expect([refused.status, refused.body.code]).toEqual([409, "quota_exceeded"]);
    expect(refused.body.params).toMatchObject({ asked: 128, left: 0, limit: 0, whose: "own" });
  });

  it("shares what it is told to share: it takes from the one above, and is told whose limit is short", async () => {
    const reseller = await newReseller("shares", MINE);
    const modes = { vcpu: "share", memoryMiB: "share", diskGiB: "share", services: "share" } as const;
    const [one, two] = [await newChild(reseller, "one", {}, modes), await newChild(reseller, "two", {}, modes)];
    await launched(one, { size: { cores: 3, memoryMiB: 128, diskGiB: 2 } });
    expect(await rowOf(two, "vcpu")).toEqual({ resource: "vcpu", limit: 4, used: 3, own: false, mode: "share" });
    const refused = await launch(two, { size: { cores: 2, memoryMiB: 128, diskGiB: 2 } });
    expect(refused.body.params).toEqual({ resource: "vcpu", asked: 2, left: 1, limit: 4, whose: "shared" });
    expect(refused.body.resources?.[0]).toMatchObject({ resource: "vcpu", fits: false, own: false });
  });

  it("cannot have, nor ask for, what is refused", async () => {
    const reseller = await newReseller("rejects");
    const child = await newChild(reseller, "rejects", { vcpu: 1 }, { backups: "reject" });
    expect(await rowOf(child, "backups")).toEqual({
      resource: "backups",
      limit: 0,
      used: 0,
      own: true,
      mode: "reject",
    });
    const refused = await change(reseller, child, { backups: 2 });
    expect([refused.status, refused.body.code, refused.body.params]).toEqual([
      409,
      "envelope_rejected",
      { resource: "backups" },
    ]);
    expect((await change(reseller, child, { backups: 2 }, { backups: "carve" })).status).toBe(200);
    expect(await rowOf(child, "backups")).toMatchObject({ limit: 2, mode: "carve" });
  });

  it("is not made where a mode and a limit contradict each other", async () => {
    const reseller = await newReseller("mixed");
    const body = { name: "Mixed", ownerEmail: reseller.email, limits: { vcpu: 1 }, modes: { vcpu: "share" } };
    const answer = await reseller.person.send<Problem>("POST", reseller.at("/children"), body);
    expect([answer.status, answer.body.errors]).toEqual([
      400,
      [{ pointer: "#/limits/vcpu", code: "too_big", params: { maximum: 0 } }],
    ]);
    expect(rows("select id from tenants where parent_id = ?", reseller.id)).toEqual([]);
  });
});

describe("from one to the other", () => {
  it("carve to share and back takes along what the child and those below it use", async () => {
    const reseller = await newReseller("moves", ROOMY);
    const middle = await newChild(
      reseller,
      "middle",
      { vcpu: 6, memoryMiB: 4_096, diskGiB: 40, services: 4 },
      {},
      "reseller",
    );
    // One below with its own envelope, one that shares the middle's.
    const own = await newChild(middle, "own", { vcpu: 2, memoryMiB: 1_024, diskGiB: 10, services: 1 });
    const sharing = await newChild(
      middle,
      "sharing",
      {},
      { vcpu: "share", memoryMiB: "share", diskGiB: "share", services: "share" },
    );
    await launched(own, { size: { cores: 1, memoryMiB: 128, diskGiB: 2 } });
    await launched(sharing, { size: { cores: 2, memoryMiB: 128, diskGiB: 2 } });
    expect([envelopesOf(reseller.id)["vcpu"], envelopesOf(middle.id)["vcpu"]]).toEqual(["6/8", "4/6"]);

    expect((await change(reseller, middle, {}, { vcpu: "share" })).status).toBe(200);
    // The unused rest comes back; what was carved for the one below is now the reseller's to bear.
    expect([envelopesOf(reseller.id)["vcpu"], envelopesOf(middle.id)["vcpu"]]).toEqual(["4/8", undefined]);
    expect(await rowOf(sharing, "vcpu")).toMatchObject({ limit: 8, used: 4, own: false });
    expectHonestLedger();

    const tooLow = await change(reseller, middle, { vcpu: 3 }, { vcpu: "carve" });
    expect([tooLow.status, tooLow.body.code, tooLow.body.params]).toEqual([
      409,
      "limit_below_used",
      { resource: "vcpu", limit: 3, used: 4 },
    ]);
    const tooMuch = await change(reseller, middle, { vcpu: 9 }, { vcpu: "carve" });
    expect([tooMuch.status, tooMuch.body.code, tooMuch.body.params]).toEqual([
      409,
      "quota_exceeded",
      { resource: "vcpu", asked: 5, left: 4, limit: 8, whose: "own" },
    ]);
    expect(envelopesOf(middle.id)["vcpu"]).toBeUndefined();

    expect((await change(reseller, middle, { vcpu: 5 }, { vcpu: "carve" })).status).toBe(200);
    expect([envelopesOf(reseller.id)["vcpu"], envelopesOf(middle.id)["vcpu"]]).toEqual(["5/8", "4/5"]);
    expect(envelopesOf(own.id)["vcpu"]).toBe("1/2");
  });

  it("carving without a limit gives exactly what is used", async () => {
    const reseller = await newReseller("exact", MINE);
    const child = await newChild(
      reseller,
      "exact",
      {},
      { vcpu: "share", memoryMiB: "share", diskGiB: "share", services: "share" },
    );
    await launched(child, { size: { cores: 2, memoryMiB: 256, diskGiB: 2 } });
    const modes = { vcpu: "carve", memoryMiB: "carve", diskGiB: "carve", services: "carve" } as const;
    expect((await change(reseller, child, {}, modes)).status).toBe(200);
    expect(envelopesOf(child.id)).toMatchObject({ vcpu: "2/2", memoryMiB: "256/256", diskGiB: "2/2", services: "1/1" });
    expect(envelopesOf(reseller.id)).toMatchObject({ vcpu: "2/4", memoryMiB: "256/4096" });
  });

  it("nothing of a change stays where one resource of it is refused", async () => {
    const reseller = await newReseller("all", MINE);
    const child = await newChild(reseller, "all", { vcpu: 2, memoryMiB: 1_024, diskGiB: 10, services: 2 });
    const before = [envelopesOf(child.id), envelopesOf(reseller.id)];
    const refused = await change(
      reseller,
      child,
      { memoryMiB: 2_048, diskGiB: 41 },
      { vcpu: "share", services: "reject" },
    );
    expect([refused.body.code, refused.body.params?.["resource"]]).toEqual(["quota_exceeded", "diskGiB"]);
    expect([envelopesOf(child.id), envelopesOf(reseller.id)]).toEqual(before);
  });

  it("what is in use cannot be refused", async () => {
    const reseller = await newReseller("inuse");
    const child = await newChild(reseller, "inuse", { vcpu: 2, memoryMiB: 1_024, diskGiB: 10, services: 2 });
    await launched(child);
    const refused = await change(reseller, child, {}, { services: "reject" });
    expect([refused.status, refused.body.code, refused.body.params]).toEqual([
      409,
      "limit_below_used",
      { resource: "services", limit: 0, used: 1 },
    ]);
    expect((await change(reseller, child, { services: 1 })).status).toBe(200);
    expect((await change(reseller, child, { services: 0 })).body.params).toEqual({
      resource: "services",
      limit: 0,
      used: 1,
    });
  });

  it("launches and changes of mode at the same moment leave honest books", async () => {
    const reseller = await newReseller("race", { ...ROOMY, vcpu: 6, services: 6 });
    const modes = { memoryMiB: "share", diskGiB: "share", services: "share" } as const;
    const child = await newChild(reseller, "race", { vcpu: 3 }, modes);
    const answers = await Promise.all([
      ...Array.from({ length: 5 }, () => launch(child, { size: { cores: 1, memoryMiB: 128, diskGiB: 2 } })),
      change(reseller, child, {}, { vcpu: "share" }),
      change(reseller, child, {}, { services: "carve" }),
      change(reseller, child, { vcpu: 4 }, { vcpu: "carve" }),
      change(reseller, child, {}, { vcpu: "share", services: "share" }),
    ]);
    for (const answer of answers) expect([200, 202, 409]).toContain(answer.status);
    expectHonestLedger();
    await Promise.all(
      answers
        .slice(0, 5)
        .flatMap((answer) =>
          answer.status === 202 ? [ended(child, (answer.body as { operation: { id: string } }).operation.id)] : [],
        ),
    );
  });
});

describe("the preview", () => {
  it("says what a carve would do, and it is what it does", async () => {
    const reseller = await newReseller("preview", MINE);
    const child = await newChild(reseller, "preview", { vcpu: 1 }, { diskGiB: "share" });
    const wish = { limits: { vcpu: 3, memoryMiB: 512 }, modes: { services: "share" } };
    const { body } = await preview(reseller, { ...wish, child: child.id });
    expect(body).toEqual({
      allowed: true,
      resources: [
        { resource: "vcpu", mode: "carve", limit: 4, used: 0, asked: 3, least: 0, left: 1, fits: true },
        { resource: "memoryMiB", mode: "carve", limit: 4_096, used: 0, asked: 512, least: 0, left: 3_584, fits: true },
        { resource: "services", mode: "share", limit: 4, used: 0, asked: 0, least: 0, left: 4, fits: true },
      ],
    });
    expect((await change(reseller, child, wish.limits, { services: "share" })).status).toBe(200);
    expect(envelopesOf(reseller.id)).toMatchObject({ vcpu: "3/4", memoryMiB: "512/4096", services: "0/4" });
    const tooMuch = await preview(reseller, { child: child.id, limits: { vcpu: 5 } });
    expect(tooMuch.body).toMatchObject({ allowed: false, resources: [{ asked: 5, used: 0, left: -1, fits: false }] });
  });

  it("knows only one's own children", async () => {
    const [reseller, other] = [await newReseller("mine"), await newReseller("theirs")];
    const foreign = await newChild(other, "theirs", {});
    for (const child of [foreign.id, "ten_00000000000000000000"]) {
      const answer = await preview(reseller, { child, limits: {} });
      expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
    }
  });
});
