// Changes of a service as tests ask for them: resize, clone, snapshots, backups, restore; and what the lab has of them.
import { expect } from "vitest";
import type { Accepted, OperationView, Problem } from "../../worker/rules/views.ts";
import type { BackupView, SnapshotView } from "../../worker/rules/views-copies.ts";
import { ended, fault } from "./portal.ts";
import type { Tenant } from "./portal.ts";
import { pve, root } from "./pve.ts";
import { site, tenantWith } from "./site.ts";

export interface Asked {
  status: number;
  body: Accepted & Problem;
}

type Body = Record<string, unknown>;

export function resize(tenant: Tenant, serviceId: string, size: Body): Promise<Asked> {
  return tenant.person.send("PUT", tenant.at(`/services/${serviceId}/size`), size);
}

export function clone(tenant: Tenant, serviceId: string, name: string): Promise<Asked> {
  return tenant.person.send("POST", tenant.at(`/services/${serviceId}/clone`), { name });
}

export function snap(tenant: Tenant, serviceId: string, name: string, more: Body = {}): Promise<Asked> {
  return tenant.person.send("POST", tenant.at(`/services/${serviceId}/snapshots`), { name, ...more });
}

export function rollBack(tenant: Tenant, serviceId: string, snapshotId: string): Promise<Asked> {
  return tenant.person.send("POST", tenant.at(`/services/${serviceId}/snapshots/${snapshotId}/rollback`));
}

export function unsnap(tenant: Tenant, serviceId: string, snapshotId: string): Promise<Asked> {
  return tenant.person.send("DELETE", tenant.at(`/services/${serviceId}/snapshots/${snapshotId}`));
}

export function backUp(tenant: Tenant, serviceId: string, more: Body = {}): Promise<Asked> {
  const draft = { notes: "", protected: false, ...more };
  return tenant.person.send("POST", tenant.at(`/services/${serviceId}/backups`), draft);
}

export function dropBackup(tenant: Tenant, backupId: string): Promise<Asked> {
  return tenant.person.send("DELETE", tenant.at(`/backups/${backupId}`));
}

export function restore(tenant: Tenant, backupId: string, name: string): Promise<Asked> {
  return tenant.person.send("POST", tenant.at(`/backups/${backupId}/restore`), { name });
}

export function power(tenant: Tenant, serviceId: string, action: string): Promise<Asked> {
  return tenant.person.send("POST", tenant.at(`/services/${serviceId}/power`), { action });
}

export function remove(tenant: Tenant, service: { id: string; name: string }): Promise<Asked> {
  return tenant.person.send("DELETE", tenant.at(`/services/${service.id}?confirm=${service.name}`));
}

/** Waits for the end of what was accepted. */
export async function over(tenant: Tenant, asked: Asked | Promise<Asked>): Promise<OperationView> {
  const { status, body } = await asked;
  expect([status, body.code]).toEqual([202, undefined]);
  return ended(tenant, body.operation.id, 90_000);
}

/** Waits, and wants it to have come about. */
export async function done(tenant: Tenant, asked: Asked | Promise<Asked>): Promise<OperationView> {
  const operation = await over(tenant, asked);
  expect([operation.kind, operation.status, operation.error]).toEqual([operation.kind, "succeeded", null]);
  return operation;
}

/** Status and code of a refusal. */
export async function refusal(asked: Promise<Asked>): Promise<[number, string | undefined]> {
  const { status, body } = await asked;
  return [status, body.code];
}

export async function snapshotsOf(tenant: Tenant, serviceId: string): Promise<SnapshotView[]> {
  const path = tenant.at(`/services/${serviceId}/snapshots`);
  return (await tenant.person.ok<{ snapshots: SnapshotView[] }>("GET", path)).snapshots;
}

export async function backupsOf(tenant: Tenant): Promise<BackupView[]> {
  return (await tenant.person.ok<{ backups: BackupView[] }>("GET", tenant.at("/backups"))).backups;
}

/** Snapshots that the lab has of a guest, without the present. */
export async function labSnapshots(vmid: number): Promise<{ name: string; parent?: string; description: string }[]> {
  const path = `/nodes/pve1/qemu/${vmid}/snapshot`;
  const rows = (await pve<{ name: string; parent?: string; description: string }[]>(await root(), "GET", path)).data;
  return (rows ?? []).filter((row) => row.name !== "current");
}

/** Archives that the lab has of a guest. */
export async function labBackups(vmid: number): Promise<{ volid: string; notes?: string; protected?: number }[]> {
  const path = "/nodes/pve1/storage/shared/content";
  return (
    await pve<{ volid: string; notes?: string; protected?: number }[]>(await root(), "GET", path, {
      content: "backup",
      vmid,
    })
  ).data;
}

/** A tenant with room for many copies. */
export function copier(label: string, limits: Record<string, number> = {}): Promise<Tenant> {
  return tenantWith(label, {
    vcpu: 40,
    memoryMiB: 40_000,
    diskGiB: 400,
    services: 40,
    snapshots: 20,
    backups: 20,
    backupGiB: 200,
    ...limits,
  });
}

/** Switches a fault of the lab on while something is done. */
export async function under<T>(rule: Record<string, unknown>, work: () => Promise<T>): Promise<T> {
  const calm = await fault(site.controlUrl, rule);
  try {
    return await work();
  } finally {
    await calm();
  }
}
