// Rows of the table of verbs that make a guest, or remove one: launch, clone, restore, delete.
import type { Accepted } from "../../worker/rules/views.ts";
import { serviceOf } from "./portal.ts";
import { at, named, NOT_READY, ofService, own, plain, withBackup } from "./verb-subjects.ts";
import type { Call, Subject, Verb } from "./verb-table.ts";
import { SMALL } from "./verb-world.ts";
import type { VerbWorld } from "./verb-world.ts";

const HAS_POOL = "asks for nothing: the tenant has its pool since its first launch";
export const MADE_SO = "asks for nothing but a look: it was made so";
const NO_CALL = "asks for nothing: the number is taken in the database";

/** What every new guest ends with. */
export function ending({ guest }: Subject, vmid: number): Call[] {
  const below = guest === "vm" ? "agent/network-get-interfaces" : "interfaces";
  return [
    {
      step: "start",
      method: "POST",
      path: at(guest, vmid, "/status/start"),
      task: guest === "vm" ? "qmstart" : "vzstart",
    },
    { step: "address", method: "GET", path: at(guest, vmid, `/${below}`), reads: true },
  ];
}

/** The new service is there, on, of the size asked for, and there is one guest of its name. */
async function isMade(
  world: VerbWorld,
  subject: Subject,
  { service }: Accepted,
  size: { cores: number; memoryMiB: number; diskGiB: number },
): Promise<string[]> {
  const made = await serviceOf(subject.tenant, service.id);
  await world.give(service.id);
  const seen = `${made.state}, ${made.power}, ${made.cores}/${made.memoryMiB}/${made.diskGiB}, named ${made.name}`;
  const wanted = `ready, running, ${size.cores}/${size.memoryMiB}/${size.diskGiB}, named ${subject.name}`;
  const guests = (await (await fetch(`${world.site.controlUrl}/guests`)).json()) as { name: string }[];
  const count = guests.filter((guest) => guest.name === subject.name).length;
  return [...(seen === wanted ? [] : [`${seen} instead of ${wanted}`]), ...(count === 1 ? [] : [`${count} guests`])];
}

const launch: Verb = {
  kind: "launch",
  need: "service.launch",
  makes: true,
  prepare: async (world, guest) => {
    const templateId = guest === "vm" ? world.templates.ids.spare : world.templates.ids.container;
    return { ...plain(world, guest), templateId };
  },
  ask: ({ guest, name, templateId }) => {
    const login = { ...(guest === "vm" ? { user: "ana" } : {}), password: "opensesame" };
    return { method: "POST", path: "/services", body: { templateId, name, size: SMALL, login } };
  },
  calls: (subject, vmid, { templates: { spareVmid } }) => {
    const { guest, tenant, name } = subject;
    const user = tenant.id.replace("ten_", "t-");
    const first: Call = { step: "prepare", method: "POST", path: `^/access/users/${user}@pve/token/`, first: true };
    if (guest === "container")
      return [
        first,
        { step: "clone", method: "POST", path: "/lxc$", body: named("hostname", name), task: "vzcreate", once: true },
        { step: "configure", method: "GET", path: at(guest, vmid, "/config"), reads: true, after: 1 },
        ...ending(subject, vmid),
      ];
    return [
      first,
      {
        step: "clone",
        method: "POST",
        path: at(guest, spareVmid, "/clone"),
        body: named("name", name),
        task: "qmclone",
        about: spareVmid,
      },
      { step: "configure", method: "POST", path: at(guest, vmid, "/config"), task: "qmconfig" },
      { step: "disk", method: "PUT", path: at(guest, vmid, "/resize"), task: "resize" },
      ...ending(subject, vmid),
    ];
  },
  silent: (guest) => ({ reserve: NO_CALL, ...(guest === "vm" ? {} : { disk: MADE_SO }) }),
  came: (world, subject, accepted) => isMade(world, subject, accepted, SMALL),
  takes: { resource: "vcpu" },
  wrong: () => [
    {
      what: "a name that is taken",
      of: "on",
      code: "name_taken",
      change: (ask, subject) => ({ ...ask, body: { ...(ask.body as object), name: own(subject).name } }),
    },
    {
      what: "a template that is none",
      of: "on",
      code: "not_found",
      change: (ask) => ({ ...ask, body: { ...(ask.body as object), templateId: "tpl_00000000000000000000" } }),
    },
  ],
  bad: (subject) => {
    const ask = launch.ask(subject);
    const body = ask.body as object;
    return [{ name: "No Name" }, { size: { ...SMALL, cores: 0 } }, { login: { user: "ana" } }, { never: 1 }].map(
      (change) => ({ ...ask, body: { ...body, ...change } }),
    );
  },
  beaten: ["name_taken"],
};

const clone: Verb = {
  kind: "clone",
  need: "service.launch",
  makes: true,
  prepare: async (world, guest) => {
    const subject = await ofService(world, guest, { power: guest === "vm" ? "running" : "stopped" });
    if (guest === "container") return subject;
    // Larger from its next start on: the copy, which is made of what it is now, has to be set to that.
    const { id, cores, memoryMiB, diskGiB } = own(subject);
    const size = { cores: cores + 1, memoryMiB, diskGiB };
    await world.whole(await world.tenant.person.send("PUT", world.tenant.at(`/services/${id}/size`), size));
    return { ...subject, service: await serviceOf(world.tenant, id) };
  },
  ask: (subject) => ({ method: "POST", path: `/services/${own(subject).id}/clone`, body: { name: subject.name } }),
  calls: (subject, vmid) => {
    const { guest, name } = subject;
    const [called, task] = guest === "vm" ? ["name", "qmclone"] : ["hostname", "vzclone"];
    const body = named(called, name);
    return [
      {
        step: "clone",
        method: "POST",
        path: at(guest, subject.vmid, "/clone"),
        body,
        task,
        about: subject.vmid,
        once: true,
      },
      guest === "vm"
        ? { step: "configure", method: "POST", path: at(guest, vmid, "/config"), task: "qmconfig" }
        : { step: "configure", method: "GET", path: at(guest, vmid, "/config"), reads: true, after: 1 },
      ...ending(subject, vmid),
    ];
  },
  silent: () => ({ reserve: NO_CALL, prepare: HAS_POOL }),
  came: (world, subject, accepted) => isMade(world, subject, accepted, own(subject)),
  takes: { resource: "vcpu" },
  wrong: (guest) => [
    NOT_READY,
    ...(guest === "container" ? [{ what: "one that is on", of: "on" as const, code: "stop_first" as const }] : []),
    {
      what: "a name that is taken",
      of: "off",
      code: "name_taken",
      change: (ask, subject) => ({ ...ask, body: { name: own(subject).name } }),
    },
  ],
  bad: (subject) => ["No Name", "", 1].map((name) => ({ ...clone.ask(subject), body: { name } })),
};

const restore: Verb = {
  kind: "restore",
  need: "service.launch",
  makes: true,
  prepare: withBackup,
  ask: ({ backup, name }) => ({ method: "POST", path: `/backups/${backup}/restore`, body: { name } }),
  calls: (subject, vmid) => {
    const { guest, name } = subject;
    const [called, task] = guest === "vm" ? ["name", "qmrestore"] : ["hostname", "vzrestore"];
    const path = guest === "vm" ? "/qemu$" : "/lxc$";
    return [
      { step: "restore", method: "POST", path, body: named(called, name), task, once: true },
      { step: "configure", method: "GET", path: at(guest, vmid, "/config"), reads: true, after: 1 },
      ...ending(subject, vmid),
    ];
  },
  silent: () => ({ reserve: NO_CALL, prepare: HAS_POOL }),
  came: (world, subject, accepted) => isMade(world, subject, accepted, own(subject)),
  takes: { resource: "vcpu" },
  wrong: () => [
    {
      what: "a name that is taken",
      of: "on",
      code: "name_taken",
      change: (ask, subject) => ({ ...ask, body: { name: own(subject).name } }),
    },
  ],
  bad: (subject) => ["No Name", "", 1].map((name) => ({ ...restore.ask(subject), body: { name } })),
  beaten: ["backup_in_use"],
};

const remove: Verb = {
  kind: "delete",
  need: "service.delete",
  prepare: (world, guest) => ofService(world, guest, { power: "running" }),
  ask: (subject) => ({ method: "DELETE", path: `/services/${own(subject).id}?confirm=${own(subject).name}` }),
  calls: ({ guest }, vmid) => [
    { step: "stop", method: "GET", path: at(guest, vmid, "/config"), reads: true },
    {
      step: "remove",
      method: "POST",
      path: at(guest, vmid, "/status/stop"),
      task: guest === "vm" ? "qmstop" : "vzstop",
    },
    { step: "remove", method: "DELETE", path: at(guest, vmid, ""), task: guest === "vm" ? "qmdestroy" : "vzdestroy" },
  ],
  silent: () => ({ settle: "asks for nothing: the database alone ends it" }),
  came: async (world, subject) => {
    const { id } = own(subject);
    const { status } = await subject.tenant.person.send("GET", subject.tenant.at(`/services/${id}`));
    const charges = world.chargesOf(id);
    return [...(status === 404 ? [] : [`still answers ${status}`]), ...(charges === "" ? [] : [`holds ${charges}`])];
  },
  takes: "takes nothing: gives back",
  wrong: () => [
    {
      what: "another name typed",
      of: "on",
      code: "confirmation_mismatch",
      change: (ask) => ({ ...ask, path: `${ask.path}x` }),
    },
  ],
  bad: (subject) => [{ method: "DELETE", path: `/services/${own(subject).id}` }],
};

export const MAKING: readonly Verb[] = [launch, clone, restore, remove];
