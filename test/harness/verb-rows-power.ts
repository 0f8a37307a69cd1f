// Rows of the table of verbs that switch a guest on or off.
import type { OperationKind } from "../../worker/rules/views.ts";
import { serviceOf } from "./portal.ts";
import { at, NOT_READY, ofService, own } from "./verb-subjects.ts";
import type { Verb, Wrong } from "./verb-table.ts";

interface Power {
  kind: Extract<OperationKind, "start" | "shutdown" | "stop" | "reboot">;
  before: "running" | "stopped";
  after: "running" | "stopped";
  once?: true;
  wrong?: Wrong[];
}

const POWERS: readonly Power[] = [
  { kind: "start", before: "stopped", after: "running" },
  { kind: "shutdown", before: "running", after: "stopped" },
  { kind: "stop", before: "running", after: "stopped" },
  {
    kind: "reboot",
    before: "running",
    after: "running",
    once: true,
    wrong: [{ what: "one that is off", of: "off", code: "not_running", later: true }],
  },
];

export const POWER: readonly Verb[] = POWERS.map(rowOf);

function rowOf({ kind, before, after, once, wrong = [] }: Power): Verb {
  return {
    kind,
    need: "service.power",
    prepare: (world, guest) => ofService(world, guest, { power: before }),
    ask: (subject) => ({ method: "POST", path: `/services/${own(subject).id}/power`, body: { action: kind } }),
    calls: ({ guest }, vmid) => [
      {
        step: kind,
        method: "POST",
        path: at(guest, vmid, `/status/${kind}`),
        task: `${guest === "vm" ? "qm" : "vz"}${kind}`,
        ...(once ? { once } : {}),
      },
    ],
    came: async (_world, subject) => {
      const { state, power } = await serviceOf(subject.tenant, own(subject).id);
      return state === "ready" && power === after ? [] : [`is ${state}, ${power}`];
    },
    takes: "takes nothing: what it is charged for it may use whenever it likes",
    wrong: () => [NOT_READY, ...wrong],
    bad: (subject) =>
      [{ action: "explode" }, {}, { action: kind, never: 1 }].map((body) => ({
        method: "POST",
        path: `/services/${own(subject).id}/power`,
        body,
      })),
  };
}
