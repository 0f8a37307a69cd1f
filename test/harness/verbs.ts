// What becomes of changes of a service: waiting for their end, and what the lab has of them.
import { expect } from "vitest";
import type { OperationView } from "../../worker/rules/views.ts";
import { ended, fault } from "./portal.ts";
import type { Tenant } from "./portal.ts";
import { pve, root } from "./pve.ts";
import { site, tenantWith } from "./site.ts";
import type { Asked } from "./verb-requests.ts";

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
