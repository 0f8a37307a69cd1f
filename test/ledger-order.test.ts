// Any order of writes to the ledger: its sums hold after each, and it refuses exactly what does not fit.
import type { DatabaseSync } from "node:sqlite";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { faultsIn } from "./harness/invariants.ts";
import {
  envelopeRow,
  freshDatabase,
  insertCharge,
  seedEnvelope,
  seedRoot,
  seedService,
  seedTenant,
} from "./harness/ledger-database.ts";
import { Verbs } from "./ledger/verbs.ts";

it(
  "keeps used = sum of charges <= limit and each carve = its child's limit, and refuses exactly what does not fit",
  { timeout: 180_000 },
  () => {
    fc.assert(
      fc.property(fc.commands(COMMANDS, { maxCommands: 60 }), (commands) => {
        const database = freshDatabase();
        seedRoot(database);
        const model: Model = {
          envelopes: [{ id: "env_root_vcpu", tenant: "ten_root", parent: null, limit: 100 }],
          charges: [],
          made: 0,
        };
        try {
          fc.modelRun(() => ({ model, real: database }), commands);
        } finally {
          database.close();
        }
      }),
      { numRuns: 200 },
    );
  },
);

interface Model {
  envelopes: { id: string; tenant: string; parent: string | null; limit: number }[];
  charges: { id: string; envelope: string; amount: number }[];
  made: number;
}

type Command = fc.Command<Model, DatabaseSync>;

function usedOf(model: Model, envelope: string): number {
  const services = model.charges.filter((row) => row.envelope === envelope).map((row) => row.amount);
  const carves = model.envelopes.filter((row) => row.parent === envelope).map((row) => row.limit);
  return [...services, ...carves].reduce((sum, amount) => sum + amount, 0);
}

function limitOf(model: Model, envelope: string): number {
  return model.envelopes.find((row) => row.id === envelope)?.limit ?? 0;
}

const pick = <T>(rows: T[], at: number): T | undefined => rows[at % Math.max(1, rows.length)];

/** A write and what it does to the model, run only when the model says that it fits; the database must say the same. */
function command(
  text: string,
  plan: (model: Model, real: DatabaseSync) => { write: () => void; fits: boolean; after: () => void } | null,
): Command {
  return {
    check: () => true,
    run: (model, real) => {
      const step = plan(model, real);
      if (!step) return;
      let refusal: unknown = null;
      try {
        step.write();
      } catch (error) {
        refusal = error;
      }
      expect(refusal === null, `${text}: ${String(refusal)}`).toBe(step.fits);
      if (step.fits) step.after();
      expect(faultsOf(real)).toEqual([]);
      for (const envelope of model.envelopes) {
        expect(envelopeRow(real, envelope.id)).toEqual({ limit: envelope.limit, used: usedOf(model, envelope.id) });
      }
    },
    toString: () => text,
  };
}

const at = fc.nat({ max: 30 });
const COMMANDS: fc.Arbitrary<Command>[] = [
  fc.tuple(at).map(([index]) =>
    command(`tenant below #${index}`, (model, real) => {
      const parent = pick(model.envelopes, index);
      if (!parent) return null;
      const name = `n${(model.made += 1)}`;
      return {
        write: () => {
          seedTenant(real, name, parent.tenant, "reseller");
          seedEnvelope(real, `ten_${name}`, `env_${name}`, "vcpu");
          insertCharge(real, { id: `carve_${name}`, envelope: parent.id, amount: 0, child: `env_${name}` });
        },
        fits: true,
        after: () =>
          void model.envelopes.push({ id: `env_${name}`, tenant: `ten_${name}`, parent: parent.id, limit: 0 }),
      };
    }),
  ),
  fc.tuple(at, fc.nat({ max: 120 })).map(([index, limit]) =>
    command(`limit of #${index} = ${limit}`, (model, real) => {
      const envelope = pick(model.envelopes, index);
      if (!envelope) return null;
      const above = envelope.parent;
      const fitsAbove = above === null || usedOf(model, above) - envelope.limit + limit <= limitOf(model, above);
      return {
        write: () => real.prepare('update envelopes set "limit" = ? where id = ?').run(limit, envelope.id),
        fits: fitsAbove && usedOf(model, envelope.id) <= limit,
        after: () => void (envelope.limit = limit),
      };
    }),
  ),
  fc.tuple(at, fc.nat({ max: 60 })).map(([index, amount]) =>
    command(`charge #${index} with ${amount}`, (model, real) => {
      const envelope = pick(model.envelopes, index);
      if (!envelope) return null;
      const id = `s${(model.made += 1)}`;
      seedService(real, { id, tenant: envelope.tenant, cores: amount });
      return {
        write: () => insertCharge(real, { id: `chg_${id}`, envelope: envelope.id, amount, service: id }),
        fits: usedOf(model, envelope.id) + amount <= envelope.limit,
        after: () => void model.charges.push({ id: `chg_${id}`, envelope: envelope.id, amount }),
      };
    }),
  ),
  fc.tuple(at, fc.nat({ max: 60 })).map(([index, amount]) =>
    command(`charge ${index} becomes ${amount}`, (model, real) => {
      const charge = pick(model.charges, index);
      if (!charge) return null;
      return {
        write: () => real.prepare("update services set cores = ? where id = ?").run(amount, charge.id.slice(4)),
        fits: usedOf(model, charge.envelope) - charge.amount + amount <= limitOf(model, charge.envelope),
        after: () => void (charge.amount = amount),
      };
    }),
  ),
  fc.tuple(at).map(([index]) =>
    command(`charge ${index} given back`, (model, real) => {
      const charge = pick(model.charges, index);
      if (!charge) return null;
      return {
        write: () => real.prepare("update services set state = 'failed' where id = ?").run(charge.id.slice(4)),
        fits: true,
        after: () => void model.charges.splice(model.charges.indexOf(charge), 1),
      };
    }),
  ),
];

/** Services of this test are charged for vCPU alone, which is not what a launch makes. */
function faultsOf(database: DatabaseSync): string[] {
  return faultsIn(database).filter((fault) => !fault.startsWith("service without"));
}

it(
  "no order of the ledger's own verbs, over a tree with every mode, breaks an invariant; a preview tells what happens",
  { timeout: 180_000 },
  async () => {
    const counts: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(fc.array(DEED, { minLength: 30, maxLength: 90 }), async (deeds) => {
        const database = freshDatabase();
        seedRoot(database);
        seedEnvelope(database, "ten_root", "env_root_publicIps", "publicIps");
        const verbs = new Verbs(database);
        try {
          for (const deed of deeds) {
            const outcome = await perform(verbs, deed);
            expect(faultsIn(database)).toEqual([]);
            counts[`${deed.verb} ${outcome}`] = (counts[`${deed.verb} ${outcome}`] ?? 0) + 1;
          }
        } finally {
          database.close();
        }
      }),
      { numRuns: 120 },
    );
    // A verb that never comes about, or is never refused, would show nothing.
    const rare = VERBS.flatMap((verb) => [`${verb} ok`, `${verb} refused`]).filter((key) => (counts[key] ?? 0) < 5);
    expect([counts, rare]).toEqual([counts, ["end refused", "remove refused", "hold refused"]]);
  },
);

type Deed = typeof DEED extends fc.Arbitrary<infer T> ? T : never;

const VERBS = ["tenant", "change", "launch", "resize", "end", "snapshot", "backup", "remove", "hold", "leave"] as const;
const MODES = fc.constantFrom("carve", "share", "reject", undefined);
const DEED = fc.record({
  verb: fc.constantFrom(
    ...VERBS,
    "tenant",
    "change",
    "change",
    "launch",
    "launch",
    "launch",
    "snapshot",
    "backup",
    "backup",
    "remove",
  ),
  which: fc.nat({ max: 40 }),
  amount: fc.nat({ max: 12 }),
  isReseller: fc.boolean(),
  modes: fc.record({ vcpu: MODES, services: MODES, snapshots: MODES, backups: MODES }),
  vcpu: fc.option(fc.nat({ max: 40 }), { nil: undefined }),
});

/** Rows that a deed is about are picked by number, so that it means something whatever was before. */
async function perform(verbs: Verbs, deed: Deed): Promise<string> {
  const pickId = (table: string, where: string) => pick(verbs.ids(table, where), deed.which);
  const modes = Object.fromEntries(Object.entries(deed.modes).filter(([, mode]) => mode !== undefined));
  const limits = deed.vcpu === undefined || (modes["vcpu"] ?? "carve") !== "carve" ? {} : { vcpu: deed.vcpu };
  const below = "kind <> 'platform' and status = 'active' and held_by is null";
  const tenant = pickId("tenants", below);
  const service = pickId("services", "state = 'ready'");
  switch (deed.verb) {
    case "tenant": {
      const parent = pickId("tenants", "kind <> 'tenant' and id <> 'ten_platform' and status = 'active'");
      const roomy = { ...ROOMS, ...limits };
      const given = Object.fromEntries(Object.entries(roomy).filter(([row]) => (modes[row] ?? "carve") === "carve"));
      return parent
        ? verbs.newTenant(parent, deed.isReseller ? "reseller" : "tenant", { limits: given, modes })
        : "nothing";
    }
    case "change": {
      if (!tenant) return "nothing";
      const { outcome, isAllowed } = await verbs.change(tenant, { limits, modes });
      expect([deed, outcome]).toEqual([deed, isAllowed ? "ok" : "refused"]);
      return outcome;
    }
    case "launch":
      return tenant ? verbs.launch(tenant, deed.amount) : "nothing";
    case "resize":
      return service ? verbs.resize(service, deed.amount * 4) : "nothing";
    case "end":
      return service ? verbs.end(service, deed.isReseller ? "failed" : "deleted") : "nothing";
    case "snapshot":
      return service ? verbs.snapshot(service) : "nothing";
    case "backup":
      return service ? verbs.backup(service, deed.amount) : "nothing";
    case "remove": {
      const table = deed.isReseller ? "snapshots" : "backups";
      const id = pickId(table, "1 = 1");
      return id ? verbs.remove(table, id) : "nothing";
    }
    case "hold": {
      const held = pickId("tenants", "kind <> 'platform' and status in ('active', 'suspended')");
      return held ? verbs.hold(held, deed.amount > 9 ? "suspended" : "active") : "nothing";
    }
    default:
      return tenant ? verbs.leave(tenant) : "nothing";
  }
}

const ROOMS = { vcpu: 12, memoryMiB: 1_000, diskGiB: 10, services: 4, snapshots: 2, backups: 2, backupGiB: 12 };
