// The routes about copies of services and about the size of one, as small typed functions beside web/api.ts.
import type { BackupView, PendingView, SnapshotView } from "../worker/rules/views-copies.ts";
import type { Accepted } from "../worker/rules/views.ts";
import { get, part, post, send, tenantPath, type Size } from "./api.ts";

export interface SnapshotBody {
  name: string;
  description: string;
  withMemory: boolean;
}

export interface BackupBody {
  notes: string;
  protected: boolean;
}

const servicePath = (tenant: string, service: string) => `${tenantPath(tenant)}/services/${part(service)}`;
const snapshotPath = (tenant: string, service: string, snapshot: string) =>
  `${servicePath(tenant, service)}/snapshots/${part(snapshot)}`;
const backupPath = (tenant: string, backup: string) => `${tenantPath(tenant)}/backups/${part(backup)}`;

export const copiesApi = {
  pending: (tenant: string, service: string) => get<PendingView>(`${servicePath(tenant, service)}/pending`),
  resize: (tenant: string, service: string, size: Size, key: string) =>
    send<Accepted>("PUT", `${servicePath(tenant, service)}/size`, size, key),
  clone: (tenant: string, service: string, name: string, key: string) =>
    post<Accepted>(`${servicePath(tenant, service)}/clone`, { name }, key),

  snapshots: (tenant: string, service: string) =>
    get<{ snapshots: SnapshotView[] }>(`${servicePath(tenant, service)}/snapshots`),
  takeSnapshot: (tenant: string, service: string, body: SnapshotBody, key: string) =>
    post<Accepted>(`${servicePath(tenant, service)}/snapshots`, body, key),
  rollBack: (tenant: string, service: string, snapshot: string, key: string) =>
    post<Accepted>(`${snapshotPath(tenant, service, snapshot)}/rollback`, {}, key),
  removeSnapshot: (tenant: string, service: string, snapshot: string, key: string) =>
    send<Accepted>("DELETE", snapshotPath(tenant, service, snapshot), undefined, key),

  /** Backups of a whole tenant, those of deleted services among them. */
  backups: (tenant: string) => get<{ backups: BackupView[] }>(`${tenantPath(tenant)}/backups`),
  backUp: (tenant: string, service: string, body: BackupBody, key: string) =>
    post<Accepted>(`${servicePath(tenant, service)}/backups`, body, key),
  editBackup: (tenant: string, backup: string, body: BackupBody) =>
    send<{ backup: BackupView }>("PUT", backupPath(tenant, backup), body),
  removeBackup: (tenant: string, backup: string, key: string) =>
    send<Accepted>("DELETE", backupPath(tenant, backup), undefined, key),
  restore: (tenant: string, backup: string, name: string, key: string) =>
    post<Accepted>(`${backupPath(tenant, backup)}/restore`, { name }, key),
};
