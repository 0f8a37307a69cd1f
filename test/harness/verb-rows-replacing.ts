// Rows of the table of verbs that put something else in a guest's place: a rebuild, a restore over it.
import { serviceOf } from "./portal.ts";
import { backupsOf } from "./verb-requests.ts";
import { at, named, NOT_READY, ofService, own } from "./verb-subjects.ts";
import type { Call, Subject, Verb } from "./verb-table.ts";
import { ending, MADE_SO } from "./verb-rows-making.ts";
import type { VerbWorld } from "./verb-world.ts";

/** Ready, on, of the same size and under the same number. */
async function isThere(world: VerbWorld, subject: Subject): Promise<string[]> {
  const { id, cores, memoryMiB, diskGiB } = own(subject);
  const now = await serviceOf(subject.tenant, id);
  const seen = `${now.state}, ${now.power}, ${now.cores}/${now.memoryMiB}/${now.diskGiB}, ${world.vmidOf(id)}`;
  const wanted = `ready, running, ${cores}/${memoryMiB}/${diskGiB}, ${subject.vmid}`;
  return seen === wanted ? [] : [`${seen} instead of ${wanted}`];
}

function stopping({ guest }: Subject, vmid: number): Call {
  const task = guest === "vm" ? "qmstop" : "vzstop";
  return { step: "stop", method: "POST", path: at(guest, vmid, "/status/stop"), task };
}

const ANOTHER_NAME = { what: "another name typed", of: "on", code: "confirmation_mismatch" } as const;

const rebuild: Verb = {
  kind: "rebuild",
  need: "service.delete",
  prepare: async (world, guest) => {
    const subject = await ofService(world, guest, { power: "running", bare: true });
    return { ...subject, templateId: guest === "vm" ? world.templates.ids.other : world.templates.ids.container };
  },
  ask: (subject) => ({
    method: "POST",
    path: `/services/${own(subject).id}/rebuild`,
    body: { confirm: own(subject).name, templateId: subject.templateId, login: { password: "opensesame" } },
  }),
  calls: (subject, vmid, { templates: { otherVmid } }) => {
    const { guest, service } = subject;
    const name = service?.name ?? "";
    const gone: Call[] = [
      stopping(subject, vmid),
      { step: "remove", method: "DELETE", path: at(guest, vmid, ""), task: guest === "vm" ? "qmdestroy" : "vzdestroy" },
    ];
    if (guest === "container")
      return [
        ...gone,
        { step: "clone", method: "POST", path: "/lxc$", body: named("hostname", name), task: "vzcreate", once: true },
        ...ending(subject, vmid),
      ];
    return [
      ...gone,
      {
        step: "clone",
        method: "POST",
        path: at(guest, otherVmid, "/clone"),
        body: named("name", name),
        task: "qmclone",
        about: otherVmid,
      },
      { step: "configure", method: "POST", path: at(guest, vmid, "/config"), task: "qmconfig" },
      { step: "disk", method: "PUT", path: at(guest, vmid, "/resize"), task: "resize" },
      ...ending(subject, vmid),
    ];
  },
  silent: (guest): Record<string, string> => (guest === "vm" ? {} : { configure: MADE_SO, disk: MADE_SO }),
  fallen: (step) => ["clone", "configure", "disk", "start"].includes(step),
  came: isThere,
  takes: "takes nothing: it is of the same size",
  wrong: () => [
    NOT_READY,
    { ...ANOTHER_NAME, change: (ask) => ({ ...ask, body: { ...(ask.body as object), confirm: "another" } }) },
    { what: "one with snapshots", of: "on", code: "snapshots_exist" },
  ],
  bad: (subject) =>
    [{ confirm: 1 }, { login: { password: "short" } }, { login: undefined }, { never: 1 }].map((change) => ({
      ...rebuild.ask(subject),
      body: { ...(rebuild.ask(subject).body as object), ...change },
    })),
};

const restoreOver: Verb = {
  kind: "restore_over",
  need: "service.delete",
  prepare: async (world, guest) => {
    const subject = await ofService(world, guest, { power: "running", bare: true });
    return { ...subject, backup: await world.backup(own(subject).id) };
  },
  ask: (subject) => ({
    method: "POST",
    path: `/backups/${subject.backup}/restore-over`,
    body: { confirm: own(subject).name, safety: subject.safety },
  }),
  calls: (subject, vmid) => {
    const { guest } = subject;
    const [path, task] = guest === "vm" ? ["/qemu$", "qmrestore"] : ["/lxc$", "vzrestore"];
    return [
      { step: "safety", method: "POST", path: "/vzdump$", body: named("vmid", vmid), task: "vzdump", once: true },
      stopping(subject, vmid),
      { step: "restore", method: "POST", path, body: named("vmid", vmid), task, once: true },
      guest === "vm"
        ? { step: "configure", method: "POST", path: at(guest, vmid, "/config"), task: "qmconfig" }
        : { step: "configure", method: "PUT", path: at(guest, vmid, "/config") },
      ...ending(subject, vmid),
    ];
  },
  came: async (world, subject) => {
    const kept = (await backupsOf(subject.tenant)).filter((row) => row.service.id === own(subject).id);
    const wanted = subject.safety ? 2 : 1;
    const isKept = kept.some((row) => row.id === subject.backup) && kept.every((row) => row.state === "ready");
    return [
      ...(await isThere(world, subject)),
      ...(isKept && kept.length >= wanted ? [] : [`${kept.length} backups, ${isKept ? "ready" : "not all ready"}`]),
    ];
  },
  takes: { resource: "backups" },
  wrong: () => [
    { what: "a backup that is none", of: "failed", code: "not_found" },
    { ...ANOTHER_NAME, change: (ask) => ({ ...ask, body: { ...(ask.body as object), confirm: "another" } }) },
    { what: "one with snapshots", of: "on", code: "snapshots_exist" },
  ],
  bad: (subject) =>
    [{}, { confirm: 1, safety: true }, { confirm: own(subject).name, safety: "yes" }].map((body) => ({
      ...restoreOver.ask(subject),
      body,
    })),
  // It holds both.
  beaten: ["service_busy", "backup_in_use"],
};

export const REPLACING: readonly Verb[] = [rebuild, restoreOver];
