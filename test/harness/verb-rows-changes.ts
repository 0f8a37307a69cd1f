// Rows of the table of verbs that change what a guest is or has: size, name, an account's password.
import { serviceOf } from "./portal.ts";
import { at, NOT_READY, ofService, own } from "./verb-subjects.ts";
import type { Subject, Verb } from "./verb-table.ts";

/** Another size than it has, which takes more of everything or less of it. */
function nextSize(subject: Subject): { cores: number; memoryMiB: number; diskGiB: number } {
  const { cores, memoryMiB, diskGiB } = own(subject);
  return { cores: cores === 1 ? 2 : 1, memoryMiB: memoryMiB === 128 ? 256 : 128, diskGiB: diskGiB + 1 };
}

const resize: Verb = {
  kind: "resize",
  need: "service.change",
  prepare: (world, guest) => ofService(world, guest, { power: "stopped" }),
  ask: (subject) => ({ method: "PUT", path: `/services/${own(subject).id}/size`, body: nextSize(subject) }),
  calls: ({ guest }, vmid) => [
    guest === "vm"
      ? { step: "configure", method: "POST", path: at(guest, vmid, "/config"), task: "qmconfig" }
      : { step: "configure", method: "PUT", path: at(guest, vmid, "/config") },
    { step: "disk", method: "PUT", path: at(guest, vmid, "/resize"), task: "resize" },
    { step: "disk", method: "GET", path: at(guest, vmid, "/pending"), reads: true },
  ],
  came: async (_world, subject) => {
    const { cores, memoryMiB, diskGiB } = await serviceOf(subject.tenant, own(subject).id);
    const [seen, wanted] = [{ cores, memoryMiB, diskGiB }, nextSize(subject)].map((size) => JSON.stringify(size));
    return seen === wanted ? [] : [`${seen} instead of ${wanted}`];
  },
  takes: { resource: "vcpu" },
  wrong: () => [
    NOT_READY,
    {
      what: "a disk that would shrink",
      of: "off",
      code: "disk_only_grows",
      change: (ask) => ({ ...ask, body: { cores: 1, memoryMiB: 128, diskGiB: 1 } }),
    },
    {
      what: "less than the template needs",
      of: "off",
      code: "size_below_template",
      change: (ask) => ({ ...ask, body: { ...(ask.body as object), memoryMiB: 64 } }),
    },
  ],
  bad: (subject) =>
    [{ cores: 0 }, { memoryMiB: "much" }, { diskGiB: 1.5 }, { never: 1 }].map((change) => ({
      ...resize.ask(subject),
      body: { ...nextSize(subject), ...change },
    })),
};

const rename: Verb = {
  kind: "rename",
  need: "service.change",
  prepare: (world, guest) => ofService(world, guest),
  ask: (subject) => ({ method: "PUT", path: `/services/${own(subject).id}/name`, body: { name: subject.name } }),
  calls: ({ guest }, vmid) => [
    guest === "vm"
      ? { step: "configure", method: "POST", path: at(guest, vmid, "/config"), task: "qmconfig" }
      : { step: "configure", method: "PUT", path: at(guest, vmid, "/config") },
  ],
  came: async (_world, subject) => {
    const { name } = await serviceOf(subject.tenant, own(subject).id);
    return name === subject.name ? [] : [`is called ${name}, not ${subject.name}`];
  },
  takes: "takes nothing: a name costs none",
  wrong: () => [
    NOT_READY,
    {
      what: "a name that is taken",
      of: "off",
      code: "name_taken",
      change: (ask, _subject, { on }) => ({ ...ask, body: { name: own(on).name } }),
    },
  ],
  bad: (subject) => ["No Name", "", 1].map((name) => ({ ...rename.ask(subject), body: { name } })),
};

const password: Verb = {
  kind: "password",
  need: "service.change",
  machinesOnly: true,
  prepare: (world, guest) => ofService(world, guest, { power: "running" }),
  ask: (subject) => ({
    method: "POST",
    path: `/services/${own(subject).id}/password`,
    body: { password: "another-sesame" },
  }),
  calls: ({ guest }, vmid) => [{ step: "password", method: "POST", path: at(guest, vmid, "/agent/set-user-password") }],
  came: async (world, subject) => {
    const [row] = world.rows("select password_sealed as sealed from services where id = ?", own(subject).id);
    return row?.["sealed"] === null ? [] : ["the password is still kept"];
  },
  takes: "takes nothing: a password costs none",
  wrong: () => [NOT_READY, { what: "one that is off", of: "off", code: "not_running" }],
  bad: (subject) =>
    [{}, { password: "short" }, { user: "No User", password: "another-sesame" }].map((body) => ({
      ...password.ask(subject),
      body,
    })),
};

export const CHANGES: readonly Verb[] = [resize, rename, password];
