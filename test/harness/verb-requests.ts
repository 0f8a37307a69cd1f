// Changes of a service as tests and benchmarks ask for them: power, settings, clone, snapshots, backups, restore.
import type { Accepted, Problem, ServiceView } from "../../worker/rules/views.ts";
import type { BackupView, SnapshotView } from "../../worker/rules/views-copies.ts";
import type { Tenant } from "./portal.ts";

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

export function power(tenant: Tenant, serviceId: string, action: string, more: Body = {}): Promise<Asked> {
  return tenant.person.send("POST", tenant.at(`/services/${serviceId}/power`), { action, ...more });
}

export function describeIt(tenant: Tenant, serviceId: string, words: Body) {
  return tenant.person.send<{ service: ServiceView } & Problem>("PUT", tenant.at(`/services/${serviceId}`), words);
}

export function rename(tenant: Tenant, serviceId: string, name: string): Promise<Asked> {
  return tenant.person.send("PUT", tenant.at(`/services/${serviceId}/name`), { name });
}

export function setPassword(tenant: Tenant, serviceId: string, account: Body): Promise<Asked> {
  return tenant.person.send("POST", tenant.at(`/services/${serviceId}/password`), account);
}

export function sizeBack(tenant: Tenant, serviceId: string): Promise<Asked> {
  return tenant.person.send("POST", tenant.at(`/services/${serviceId}/size/revert`));
}

export function remove(tenant: Tenant, service: { id: string; name: string }, typed = service.name): Promise<Asked> {
  return tenant.person.send("DELETE", tenant.at(`/services/${service.id}?confirm=${encodeURIComponent(typed)}`));
}

export async function snapshotsOf(tenant: Tenant, serviceId: string): Promise<SnapshotView[]> {
  const path = tenant.at(`/services/${serviceId}/snapshots`);
  return (await tenant.person.ok<{ snapshots: SnapshotView[] }>("GET", path)).snapshots;
}

export async function backupsOf(tenant: Tenant): Promise<BackupView[]> {
  return (await tenant.person.ok<{ backups: BackupView[] }>("GET", tenant.at("/backups"))).backups;
}
