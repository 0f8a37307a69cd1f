// The Worker's routes about the tree: who is below whom, limits, requests for more, a reseller's front and plans, capacity.
import type {
  CapacityView,
  ChildDetailView,
  Limits,
  Modes,
  QuotaRequestView,
  StorefrontView,
  TreeNodeView,
} from "../worker/rules/views-tree.ts";
import type { ChildTenantView, PlanView, Resource } from "../worker/rules/views.ts";
import { get, part, post, send } from "./api.ts";
import { placePath } from "./api-people.ts";

export interface NewChildBody {
  name: string;
  ownerEmail: string;
  kind: "tenant" | "reseller";
  limits: Limits;
  modes?: Modes;
}

/** Routes below a reseller or, with `PLATFORM` in its place, below the platform. */
export const treeApi = {
  tree: (above: string) => get<{ nodes: TreeNodeView[] }>(`${placePath(above)}/tree`),
  child: (above: string, child: string) =>
    get<{ child: ChildDetailView }>(`${placePath(above)}/children/${part(child)}`),
  addChild: (above: string, body: NewChildBody) =>
    post<{ child: ChildTenantView }>(`${placePath(above)}/children`, body),
  setLimits: (above: string, child: string, body: { limits: Limits; modes?: Modes }) =>
    send<unknown>("PUT", `${placePath(above)}/children/${part(child)}/limits`, body),
  suspend: (above: string, child: string, body: { reason: string; shutDown: boolean }) =>
    post<unknown>(`${placePath(above)}/children/${part(child)}/suspend`, body),
  resume: (above: string, child: string) => post<unknown>(`${placePath(above)}/children/${part(child)}/resume`, {}),
  approve: (above: string, child: string) => post<unknown>(`${placePath(above)}/children/${part(child)}/approve`, {}),
  decline: (above: string, child: string, reason: string) =>
    post<unknown>(`${placePath(above)}/children/${part(child)}/decline`, { reason }),
  deleteChild: (above: string, child: string, typedName: string) =>
    send<unknown>("DELETE", `${placePath(above)}/children/${part(child)}?confirm=${part(typedName)}`),

  storefront: (tenant: string) => get<{ storefront: StorefrontView | null }>(`${placePath(tenant)}/storefront`),
  saveStorefront: (tenant: string, body: StorefrontView) =>
    send<{ storefront: StorefrontView }>("PUT", `${placePath(tenant)}/storefront`, body),
  defaults: (tenant: string) => get<{ limits: Limits }>(`${placePath(tenant)}/defaults`),
  saveDefaults: (tenant: string, limits: Limits) =>
    send<{ limits: Limits }>("PUT", `${placePath(tenant)}/defaults`, { limits }),
  plans: (tenant: string) => get<{ plans: PlanView[] }>(`${placePath(tenant)}/plans`),
  addPlan: (tenant: string, body: Omit<PlanView, "id">) => post<{ plan: PlanView }>(`${placePath(tenant)}/plans`, body),
  removePlan: (tenant: string, plan: string) => send<unknown>("DELETE", `${placePath(tenant)}/plans/${part(plan)}`),
};

export const quotaApi = {
  myRequests: (tenant: string) => get<{ requests: QuotaRequestView[] }>(`${placePath(tenant)}/quota/requests`),
  ask: (tenant: string, body: { wanted: Limits; message: string }) =>
    post<{ request: QuotaRequestView }>(`${placePath(tenant)}/quota/requests`, body),
  withdrawRequest: (tenant: string, request: string) =>
    send<unknown>("DELETE", `${placePath(tenant)}/quota/requests/${part(request)}`),
  requests: (above: string) => get<{ requests: QuotaRequestView[] }>(`${placePath(above)}/requests`),
  approveRequest: (above: string, request: string, body: { limits: Limits; message: string }) =>
    post<unknown>(`${placePath(above)}/requests/${part(request)}/approve`, body),
  declineRequest: (above: string, request: string, message: string) =>
    post<unknown>(`${placePath(above)}/requests/${part(request)}/decline`, { message }),
};

export interface CapacityBody {
  resources: { resource: Resource; physical: number; ratioPercent: number }[];
}

export const capacityApi = {
  capacity: () => get<CapacityView>("/api/operator/capacity"),
  saveCapacity: (body: CapacityBody) => send<CapacityView>("PUT", "/api/operator/capacity", body),
};
