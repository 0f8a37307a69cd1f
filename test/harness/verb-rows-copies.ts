// Rows of the table of verbs about snapshots and backups.
import type { Resource } from "../../worker/rules/views.ts";
import { at, named, NOT_READY, ofService, own, withBackup, withSnapshot } from "./verb-subjects.ts";
import type { Verb } from "./verb-table.ts";

import { backupsOf, snapshotsOf } from "./verb-requests.ts";

const task = (guest: "vm" | "container", verb: string) => `${guest === "vm" ? "qm" : "vz"}${verb}`;
const takes = (resource: Resource) => ({ resource });

const snapshot: Verb = {
  kind: "snapshot",
  need: "service.snapshot",
  prepare: (world, guest) => ofService(world, guest),
  ask: (subject) => ({
    method: "POST",
    path: `/services/${own(subject).id}/snapshots`,
    body: { name: subject.name, description: "of the table" },
  }),
  calls: ({ guest }, vmid) => [
    { step: "snapshot", method: "POST", path: at(guest, vmid, "/snapshot"), task: task(guest, "snapshot"), once: true },
  ],
  came: async (_world, subject) => {
    const found = (await snapshotsOf(subject.tenant, own(subject).id)).filter((row) => row.name === subject.name);
    return found.length === 1 && found[0]?.state === "ready" ? [] : [`listed as ${JSON.stringify(found)}`];
  },
  takes: takes("snapshots"),
  wrong: () => [
    NOT_READY,
    {
      what: "memory of one that is off",
      of: "off",
      code: "not_running",
      change: (ask) => ({ ...ask, body: { ...(ask.body as object), withMemory: true } }),
    },
    {
      what: "a name that is taken",
      of: "on",
      code: "name_taken",
      change: (ask, subject) => ({ ...ask, body: { name: subject.snapshotName } }),
    },
  ],
  bad: (subject) =>
    [{ name: "1st" }, { name: "current" }, { name: "ok", description: "x".repeat(401) }].map((body) => ({
      ...snapshot.ask(subject),
      body,
    })),
};

const NEVER = "snp_00000000000000000000";

const rollback: Verb = {
  kind: "rollback",
  need: "service.snapshot",
  prepare: withSnapshot,
  ask: (subject) => ({
    method: "POST",
    path: `/services/${own(subject).id}/snapshots/${subject.snapshot}/rollback`,
  }),
  calls: ({ guest, snapshotName }, vmid) => [
    { step: "reserve", method: "GET", path: at(guest, vmid, `/snapshot/${snapshotName}/config`), reads: true },
    {
      step: "rollback",
      method: "POST",
      path: at(guest, vmid, `/snapshot/${snapshotName}/rollback`),
      task: task(guest, "rollback"),
      once: true,
    },
    { step: "rollback", method: "GET", path: at(guest, vmid, "/pending"), reads: true },
  ],
  came: async (_world, subject) => {
    const found = (await snapshotsOf(subject.tenant, own(subject).id)).find((row) => row.id === subject.snapshot);
    return found?.state === "ready" ? [] : [`its snapshot is ${found?.state ?? "gone"}`];
  },
  takes: { resource: "vcpu", later: true },
  wrong: () => [
    { what: "one that failed", of: "failed", code: "snapshot_unknown" },
    {
      what: "a snapshot that is none",
      of: "on",
      code: "snapshot_unknown",
      change: (ask, subject) => ({ ...ask, path: ask.path.replace(subject.snapshot, NEVER) }),
    },
  ],
  bad: () => [],
};

const discard: Verb = {
  kind: "snapshot_delete",
  need: "service.snapshot",
  prepare: withSnapshot,
  ask: (subject) => ({ method: "DELETE", path: `/services/${own(subject).id}/snapshots/${subject.snapshot}` }),
  calls: ({ guest, snapshotName }, vmid) => [
    {
      step: "discard",
      method: "DELETE",
      path: at(guest, vmid, `/snapshot/${snapshotName}`),
      task: task(guest, "delsnapshot"),
    },
  ],
  came: async (_world, subject) => {
    const found = (await snapshotsOf(subject.tenant, own(subject).id)).find((row) => row.id === subject.snapshot);
    return found ? [`still listed as ${found.state}`] : [];
  },
  takes: "takes nothing: gives back",
  wrong: rollback.wrong,
  bad: () => [],
};

const backup: Verb = {
  kind: "backup",
  need: "service.backup",
  prepare: (world, guest) => ofService(world, guest),
  ask: (subject) => ({
    method: "POST",
    path: `/services/${own(subject).id}/backups`,
    body: { notes: subject.name, protected: false },
  }),
  calls: (_subject, vmid) => [
    { step: "queue", method: "GET", path: "^/nodes/[^/]+/storage$", reads: true },
    { step: "backup", method: "POST", path: "/vzdump$", body: named("vmid", vmid), task: "vzdump", once: true },
    // Looked for before it is made, when its task has ended, and once more to be measured.
    { step: "measure", method: "GET", path: "/content$", body: named("vmid", vmid), reads: true, after: 2 },
  ],
  came: async (_world, subject) => {
    const found = (await backupsOf(subject.tenant)).filter((row) => row.notes === subject.name);
    return found.length === 1 && found[0]?.state === "ready" ? [] : [`listed as ${JSON.stringify(found)}`];
  },
  takes: takes("backups"),
  wrong: () => [NOT_READY],
  bad: (subject) =>
    [{ notes: 1, protected: false }, { notes: "" }, { notes: "x".repeat(401), protected: false }].map((body) => ({
      ...backup.ask(subject),
      body,
    })),
};

const dropBackup: Verb = {
  kind: "backup_delete",
  need: "service.backup",
  prepare: withBackup,
  ask: (subject) => ({ method: "DELETE", path: `/backups/${subject.backup}` }),
  calls: (_subject, vmid) => [{ step: "discard", method: "DELETE", path: `/content/.*-${vmid}-`, task: "imgdel" }],
  came: async (_world, subject) => {
    const found = (await backupsOf(subject.tenant)).find((row) => row.id === subject.backup);
    return found ? [`still listed as ${found.state}`] : [];
  },
  takes: "takes nothing: gives back",
  wrong: () => [{ what: "one that is protected", of: "off", code: "backup_protected" }],
  bad: () => [],
  beaten: ["backup_in_use"],
};

export const COPIES: readonly Verb[] = [snapshot, rollback, discard, backup, dropBackup];
