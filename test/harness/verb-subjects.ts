// What the rows of the table of verbs are about: services in the state that a verb needs, and how the lab sees their requests.
import type { ServiceView } from "../../worker/rules/views.ts";
import type { Tenant } from "./portal.ts";
import type { Subject, Wrong } from "./verb-table.ts";
import { freshName } from "./verb-world.ts";
import type { GuestKind, VerbWorld, Wish } from "./verb-world.ts";

/** Pattern of a path below a guest. */
export function at(guest: GuestKind, vmid: number, below: string): string {
  return `/${guest === "vm" ? "qemu" : "lxc"}/${vmid}${below}$`;
}

/** Pattern of a parameter with exactly this value. */
export function named(parameter: string, value: string | number): string {
  return `(^|&)${parameter}=${value}(&|$)`;
}

/** The service that a subject is about. */
export function own({ service }: Subject): ServiceView {
  if (!service) throw new Error("there is no service");
  return service;
}

/** A subject without a service. */
export function plain(world: VerbWorld, guest: GuestKind, tenant: Tenant = world.tenant): Subject {
  const none = {
    service: null,
    vmid: 0,
    snapshot: "",
    snapshotName: "",
    backup: "",
    image: "",
    choice: "",
    safety: true,
  };
  return { ...none, tenant, guest, name: freshName(), templateId: world.templates.ids[guest] };
}

/** One with a service that is as it has to be, and nobody else's until it is given back. */
export async function ofService(world: VerbWorld, guest: GuestKind, wish: Wish = {}): Promise<Subject> {
  return about(world, await world.take(guest, wish));
}

export function about(world: VerbWorld, service: ServiceView, tenant: Tenant = world.tenant): Subject {
  return { ...plain(world, service.kind, tenant), service, vmid: world.vmidOf(service.id) };
}

/** The same with a snapshot of it. */
export async function withSnapshot(world: VerbWorld, guest: GuestKind): Promise<Subject> {
  return snapped(world, await ofService(world, guest));
}

export async function snapped(world: VerbWorld, subject: Subject): Promise<Subject> {
  const snapshot = await world.snapshot(own(subject).id, subject.tenant);
  const [row] = world.rows("select name from snapshots where id = ?", snapshot);
  return { ...subject, snapshot, snapshotName: String(row?.["name"]) };
}

/** The same with a backup of it, which is nobody else's. */
export async function withBackup(world: VerbWorld, guest: GuestKind): Promise<Subject> {
  const subject = await ofService(world, guest);
  return { ...subject, backup: await world.backup(own(subject).id) };
}

/** Most verbs are refused for a service that holds nothing. */
export const NOT_READY: Wrong = { what: "one that failed", of: "failed", code: "service_not_ready" };
