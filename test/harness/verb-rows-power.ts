// Rows of the table of verbs that switch a guest on or off, or hold it for a while.
import type { OperationKind } from "../../worker/rules/views.ts";
import { serviceOf } from "./portal.ts";
import { at, NOT_READY, ofService, own } from "./verb-subjects.ts";
import type { Verb, Wrong } from "./verb-table.ts";

interface Power {
  kind: Extract<OperationKind, "start" | "shutdown" | "stop" | "reboot" | "reset" | "suspend" | "resume">;
  before: "running" | "stopped" | "paused";
  after: "running" | "stopped" | "paused";
  /** What the task is called where it is not called as the action. */
  task?: string;
  more?: Pick<Verb, "machinesOnly">;
  once?: true;
  wrong?: Wrong[];
}

const OFF: Wrong = { what: "one that is off", of: "off", code: "not_running" };
const MACHINES = { machinesOnly: true } as const;

const POWERS: readonly Power[] = [
  { kind: "start", before: "stopped", after: "running" },
  { kind: "shutdown", before: "running", after: "stopped" },
  { kind: "stop", before: "running", after: "stopped" },
  { kind: "reboot", before: "running", after: "running", once: true, wrong: [{ ...OFF, later: true }] },
  { kind: "reset", before: "running", after: "running", once: true, wrong: [OFF], more: MACHINES },
  { kind: "suspend", before: "running", after: "paused", task: "qmpause", wrong: [OFF], more: MACHINES },
  {
    kind: "resume",
    before: "paused",
    after: "running",
    wrong: [{ what: "one that is on", of: "on", code: "not_paused" }],
    more: MACHINES,
  },
];

export const POWER: readonly Verb[] = POWERS.map(rowOf);

function rowOf({ kind, before, after, task, more, once, wrong = [] }: Power): Verb {
  return {
    kind,
    need: "service.power",
    ...more,
    prepare: (world, guest) => ofService(world, guest, { power: before }),
    ask: (subject) => ({ method: "POST", path: `/services/${own(subject).id}/power`, body: { action: kind } }),
    calls: ({ guest }, vmid) => [
      {
        step: kind,
        method: "POST",
        path: at(guest, vmid, `/status/${kind}`),
        task: task ?? `${guest === "vm" ? "qm" : "vz"}${kind}`,
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
      [{ action: "explode" }, {}, { action: kind, timeoutSeconds: 1 }, { action: kind, never: 1 }].map((body) => ({
        method: "POST",
        path: `/services/${own(subject).id}/power`,
        body,
      })),
  };
}
