// The routes about the life of a service as small typed functions beside web/api.ts: what it is called, its login, drive, dates.
import type { ImageView, SshKeyView } from "../worker/rules/views-automation.ts";
import type { Accepted, OperationView, ServiceView } from "../worker/rules/views.ts";
import { get, part, post, send, tenantPath, type LoginBody } from "./api.ts";

export interface RebuildBody {
  confirm: string;
  templateId?: string;
  login?: LoginBody;
}

const servicePath = (tenant: string, service: string) => `${tenantPath(tenant)}/services/${part(service)}`;

export const lifeApi = {
  describe: (tenant: string, service: string, body: { description?: string; tags?: string[] }) =>
    send<{ service: ServiceView }>("PUT", servicePath(tenant, service), body),
  rename: (tenant: string, service: string, name: string, key: string) =>
    send<Accepted>("PUT", `${servicePath(tenant, service)}/name`, { name }, key),
  revertSize: (tenant: string, service: string, key: string) =>
    post<Accepted>(`${servicePath(tenant, service)}/size/revert`, {}, key),
  setPassword: (tenant: string, service: string, body: { user?: string; password: string }, key: string) =>
    post<Accepted>(`${servicePath(tenant, service)}/password`, body, key),
  setExpiry: (tenant: string, service: string, expiresAt: number | null) =>
    send<{ service: ServiceView }>("PUT", `${servicePath(tenant, service)}/expiry`, { expiresAt }),
  keep: (tenant: string, service: string) => post<{ service: ServiceView }>(`${servicePath(tenant, service)}/keep`, {}),
  rebuild: (tenant: string, service: string, body: RebuildBody, key: string) =>
    post<Accepted>(`${servicePath(tenant, service)}/rebuild`, body, key),
  images: (tenant: string, service: string) => get<{ images: ImageView[] }>(`${servicePath(tenant, service)}/images`),
  setMedia: (tenant: string, service: string, body: { imageId: string | null; boot?: boolean }, key: string) =>
    send<Accepted>("PUT", `${servicePath(tenant, service)}/media`, body, key),
  restoreOver: (tenant: string, backup: string, body: { confirm: string; safety: boolean }, key: string) =>
    post<Accepted>(`${tenantPath(tenant)}/backups/${part(backup)}/restore-over`, body, key),
  cancel: (tenant: string, operation: string) =>
    post<{ operation: OperationView }>(`${tenantPath(tenant)}/operations/${part(operation)}/cancel`, {}),

  sshKeys: () => get<{ keys: SshKeyView[] }>("/api/ssh-keys"),
  keepSshKey: (body: { name: string; line: string }) => post<{ key: SshKeyView }>("/api/ssh-keys", body),
  removeSshKey: (key: string) => send<unknown>("DELETE", `/api/ssh-keys/${part(key)}`),
};

export interface FoundImage {
  volume: string;
  name: string;
  sizeBytes: number;
  publishedAs: string | null;
}

export type PublishedImage = ImageView & { clusterId: string; volume: string; active: boolean };

export const operatorLifeApi = {
  images: (cluster: string) =>
    get<{ found: FoundImage[]; published: PublishedImage[] }>(`/api/operator/images?cluster=${part(cluster)}`),
  offerImage: (body: { clusterId: string; volume: string; name: string }) =>
    post<{ image: PublishedImage }>("/api/operator/images", body),
  setImageActive: (image: string, active: boolean) =>
    send<{ image: PublishedImage }>("PUT", `/api/operator/images/${part(image)}`, { active }),
};
