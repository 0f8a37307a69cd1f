// The quota's arithmetic: a launch fits exactly where each resource has that much left.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  demandOfBackup,
  demandOfService,
  demandOfSnapshot,
  limitOfCapacity,
  presentOf,
  preview,
  previewCarve,
  previewLaunch,
  SIZE_BOUNDS,
} from "./quota.ts";
import type { Demand } from "./quota.ts";
import type { ChildQuotaRow } from "./views-tree.ts";
import { ENVELOPE_MODES, RESOURCES } from "./views.ts";
import type { QuotaView } from "./views.ts";

type Rows = QuotaView["resources"];

const amount = fc.nat({ max: 2_000_000_000 });
const resource = fc.constantFrom(...RESOURCES);

/** Any subset of the resources, each with a limit and what is used of it (also more than the limit, which must not confuse). */
const rows: fc.Arbitrary<Rows> = fc.uniqueArray(resource).chain((names) =>
  fc.tuple(
    ...names.map((name) =>
      fc.record({
        resource: fc.constant(name),
        limit: amount,
        used: amount,
        own: fc.boolean(),
        mode: fc.constant("carve" as const),
      }),
    ),
  ),
);

const demands: fc.Arbitrary<Demand[]> = fc.uniqueArray(fc.record({ resource, amount }), {
  selector: (row) => row.resource,
});

const size = fc.record({
  cores: fc.integer({ min: SIZE_BOUNDS.cores[0], max: SIZE_BOUNDS.cores[1] }),
  memoryMiB: fc.integer({ min: SIZE_BOUNDS.memoryMiB[0], max: SIZE_BOUNDS.memoryMiB[1] }),
  diskGiB: fc.integer({ min: SIZE_BOUNDS.diskGiB[0], max: SIZE_BOUNDS.diskGiB[1] }),
});

const leftOf = (given: Rows, name: string) => {
  const row = given.find((candidate) => candidate.resource === name);
  return row ? Math.max(0, row.limit - row.used) : 0;
};

describe("preview", () => {
  it("fits exactly where the amount is at most limit - used", () => {
    fc.assert(
      fc.property(rows, demands, (given, asked) => {
        const answer = preview(given, asked);
        expect(answer.resources.map((row) => row.resource)).toEqual(asked.map((row) => row.resource));
        for (const [index, row] of answer.resources.entries()) {
          const wanted = asked[index]?.amount ?? Number.NaN;
          expect(row.asked).toBe(wanted);
          expect(row.left).toBe(leftOf(given, row.resource));
          expect(row.fits).toBe(wanted <= leftOf(given, row.resource));
        }
        expect(answer.allowed).toBe(asked.every((demand) => demand.amount <= leftOf(given, demand.resource)));
      }),
    );
  });

  it("never has less than nothing left", () => {
    fc.assert(
      fc.property(rows, demands, (given, asked) => {
        for (const row of preview(given, asked).resources) expect(row.left).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("takes a resource without an envelope for one without any room", () => {
    const answer = preview([], [{ resource: "vcpu", amount: 1 }]);
    expect(answer).toEqual({
      allowed: false,
      resources: [{ resource: "vcpu", limit: 0, used: 0, asked: 1, left: 0, fits: false, own: false }],
    });
    expect(preview([], [{ resource: "vcpu", amount: 0 }]).allowed).toBe(true);
  });

  it("leaves what it was given as it was", () => {
    const given: Rows = [{ resource: "vcpu", limit: 4, used: 1, own: true, mode: "carve" }];
    preview(given, [{ resource: "vcpu", amount: 3 }]);
    expect(given).toEqual([{ resource: "vcpu", limit: 4, used: 1, own: true, mode: "carve" }]);
  });
});

describe("demandOfService", () => {
  it("asks for the size itself and one service, each resource once", () => {
    fc.assert(
      fc.property(size, (wanted) => {
        expect(demandOfService(wanted)).toEqual([
          { resource: "vcpu", amount: wanted.cores },
          { resource: "memoryMiB", amount: wanted.memoryMiB },
          { resource: "diskGiB", amount: wanted.diskGiB },
          { resource: "services", amount: 1 },
        ]);
      }),
    );
  });
});

describe("previewLaunch", () => {
  it("fits once more for as often as the scarcest resource has room, and not once more", () => {
    fc.assert(
      fc.property(
        size,
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom("vcpu", "memoryMiB", "diskGiB", "services"),
        (wanted, times, scarce) => {
          let given: Rows = demandOfService(wanted).map((demand) => ({
            resource: demand.resource,
            limit: demand.amount * (demand.resource === scarce ? times : times + 3),
            used: 0,
            own: true,
            mode: "carve",
          }));
          for (let round = 0; round < times; round += 1) {
            expect(previewLaunch(given, wanted).allowed).toBe(true);
            const taken = demandOfService(wanted);
            given = given.map((row) => ({
              ...row,
              used: row.used + (taken.find((demand) => demand.resource === row.resource)?.amount ?? 0),
            }));
          }
          const refused = previewLaunch(given, wanted);
          expect(refused.allowed).toBe(false);
          expect(refused.resources.filter((row) => !row.fits).map((row) => row.resource)).toEqual([scarce]);
        },
      ),
    );
  });
});

describe("demandOfSnapshot, demandOfBackup", () => {
  it("ask for one of each, and for the space", () => {
    expect(demandOfSnapshot()).toEqual([{ resource: "snapshots", amount: 1 }]);
    expect(demandOfBackup(7)).toEqual([
      { resource: "backups", amount: 1 },
      { resource: "backupGiB", amount: 7 },
    ]);
  });
});

describe("limitOfCapacity", () => {
  it("is never more than the capacity times the overcommit, and less than one below it", () => {
    fc.assert(
      fc.property(fc.nat({ max: 1_000_000_000 }), fc.integer({ min: 1, max: 10_000 }), (physical, ratio) => {
        const limit = limitOfCapacity(physical, ratio);
        expect(Number.isSafeInteger(limit)).toBe(true);
        expect(limit * 100).toBeLessThanOrEqual(physical * ratio);
        expect((limit + 1) * 100).toBeGreaterThan(physical * ratio);
      }),
    );
  });
});

describe("previewCarve", () => {
  const few = fc.nat({ max: 40 });
  /** A giver whose used is made of what this child takes and of what others take, and a wish for the child. */
  const family = fc.record({
    others: few,
    spare: few,
    mode: fc.constantFrom(...ENVELOPE_MODES),
    limit: few,
    part: fc.double({ min: 0, max: 1, noNaN: true }),
    wantedMode: fc.option(fc.constantFrom(...ENVELOPE_MODES), { nil: undefined }),
    wanted: fc.option(few, { nil: undefined }),
  });

  it("fits exactly where the child keeps what it uses and the giver's limit holds what all take then", () => {
    fc.assert(
      fc.property(family, ({ others, spare, mode, limit, part, wantedMode, wanted }) => {
        const least = mode === "reject" ? 0 : Math.floor(limit * part);
        const child: ChildQuotaRow = { resource: "vcpu", mode, limit: mode === "carve" ? limit : 0, used: least };
        const used = others + presentOf(child);
        const giver: Rows = [{ resource: "vcpu", limit: used + spare, used, own: true, mode: "carve" }];
        const carve = {
          limits: wanted === undefined ? {} : { vcpu: wanted },
          modes: wantedMode === undefined ? {} : { vcpu: wantedMode },
        };
        const [row] = previewCarve(giver, [child], carve).resources;
        if (wanted === undefined && wantedMode === undefined) {
          expect(row).toBeUndefined();
          return;
        }
        const target = wantedMode ?? (mode === "reject" ? "reject" : "carve");
        const isContradiction = target !== "carve" && (wanted ?? 0) > 0;
        const takes = target === "carve" ? (wanted ?? presentOf(child)) : target === "share" ? least : 0;
        expect(row).toMatchObject({
          mode: target,
          used: others,
          asked: takes,
          least,
          left: used + spare - others - takes,
        });
        expect(row?.fits).toBe(!isContradiction && takes >= least && others + takes <= used + spare);
      }),
    );
  });

  it("takes a child that is not there yet for one that has nothing", () => {
    const giver: Rows = [{ resource: "vcpu", limit: 10, used: 4, own: true, mode: "carve" }];
    expect(previewCarve(giver, [], { limits: { vcpu: 6 } })).toEqual({
      allowed: true,
      resources: [{ resource: "vcpu", mode: "carve", limit: 10, used: 4, asked: 6, least: 0, left: 0, fits: true }],
    });
    expect(previewCarve(giver, [], { limits: { vcpu: 7, diskGiB: 1 } }).resources.map((row) => row.fits)).toEqual([
      false,
      false,
    ]);
  });
});
