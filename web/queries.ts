// The query client and the keys of its cache, in one place, because the feed writes where the pages read.
import { QueryClient } from "@tanstack/solid-query";
import { ApiError, api } from "./api.ts";
import { frontLink } from "./brand/front.ts";
import { feedDown } from "./features/feed/connection.ts";
import { useData } from "./use-data.ts";

export const keys = {
  me: ["me"] as const,
  config: (link: string) => ["config", link] as const,
  security: ["security"] as const,
  sshKeys: ["ssh-keys"] as const,
  myInvitations: ["invitations"] as const,
  quota: (tenant: string) => ["tenant", tenant, "quota"] as const,
  catalogue: (tenant: string) => ["tenant", tenant, "catalogue"] as const,
  services: (tenant: string) => ["tenant", tenant, "services"] as const,
  service: (tenant: string, service: string) => ["tenant", tenant, "service", service] as const,
  snapshots: (tenant: string, service: string) => ["tenant", tenant, "snapshots", service] as const,
  pending: (tenant: string, service: string) => ["tenant", tenant, "pending", service] as const,
  images: (tenant: string, service: string) => ["tenant", tenant, "images", service] as const,
  backups: (tenant: string) => ["tenant", tenant, "backups"] as const,
  /** Without a service: of the whole tenant, and what stands for all of its lists where they are to ask anew. */
  schedules: (tenant: string, service?: string) =>
    ["tenant", tenant, "schedules", ...(service === undefined ? [] : [service])] as const,
  scripts: (tenant: string) => ["tenant", tenant, "scripts"] as const,
  serviceScripts: (tenant: string, service: string) => ["tenant", tenant, "service-scripts", service] as const,
  operations: (tenant: string) => ["tenant", tenant, "operations"] as const,
  operation: (tenant: string, operation: string) => ["tenant", tenant, "operation", operation] as const,
  team: (tenant: string) => ["tenant", tenant, "team"] as const,
  settings: (tenant: string) => ["tenant", tenant, "settings"] as const,
  apiKeys: (tenant: string) => ["tenant", tenant, "keys"] as const,
  tree: (above: string) => ["tenant", above, "tree"] as const,
  child: (above: string, child: string) => ["tenant", above, "child", child] as const,
  requests: (above: string) => ["tenant", above, "requests"] as const,
  myRequests: (tenant: string) => ["tenant", tenant, "my-requests"] as const,
  storefront: (tenant: string) => ["tenant", tenant, "storefront"] as const,
  defaults: (tenant: string) => ["tenant", tenant, "defaults"] as const,
  plansOf: (tenant: string) => ["tenant", tenant, "plans"] as const,
  capacity: ["operator", "capacity"] as const,
  /** Everything of a tenant. */
  tenant: (tenant: string) => ["tenant", tenant] as const,
  clusters: ["operator", "clusters"] as const,
  templates: (cluster: string) => ["operator", "templates", cluster] as const,
  scriptSources: ["operator", "scripts"] as const,
  operatorImages: (cluster: string) => ["operator", "images", cluster] as const,
  findings: (status: string) => ["operator", "findings", status] as const,
};

/** Retries what may heal by itself (nothing answered, or the far side is out of order), never a plain no. */
function worthRetrying(failures: number, thrown: unknown): boolean {
  return failures < 2 && thrown instanceof ApiError && (thrown.problem.status === 0 || thrown.problem.status >= 500);
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // The feed keeps what it covers fresh; coming back to a page within this time asks nothing.
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: worthRetrying,
      reconcile: "id",
    },
  },
});

/** How often a query that the feed covers asks by itself while the feed is down. */
const POLL_MS = 5_000;
const whileFeedDown = () => (feedDown() ? POLL_MS : false);

export const useMe = () => useData(() => ({ queryKey: keys.me, queryFn: api.me, staleTime: Infinity }));

/** What the pages need to know before anybody has signed in; by itself of the front that this browser came by. */
export const useConfig = (link: () => string = () => frontLink() ?? "") =>
  useData(() => ({
    queryKey: keys.config(link()),
    queryFn: () => api.config(link() || undefined),
    staleTime: Infinity,
  }));

export const useQuota = (tenant: () => string, enabled: () => boolean = () => true) =>
  useData(() => ({
    queryKey: keys.quota(tenant()),
    queryFn: () => api.quota(tenant()),
    enabled: enabled(),
    refetchInterval: whileFeedDown(),
  }));

export const useCatalogue = (tenant: () => string) =>
  useData(() => ({ queryKey: keys.catalogue(tenant()), queryFn: () => api.catalogue(tenant()) }));

export const useServices = (tenant: () => string) =>
  useData(() => ({
    queryKey: keys.services(tenant()),
    queryFn: () => api.services(tenant()),
    refetchInterval: whileFeedDown(),
  }));

export const useService = (tenant: () => string, service: () => string) =>
  useData(() => ({
    queryKey: keys.service(tenant(), service()),
    queryFn: () => api.service(tenant(), service()),
    refetchInterval: whileFeedDown(),
  }));

export const useOperations = (tenant: () => string) =>
  useData(() => ({
    queryKey: keys.operations(tenant()),
    queryFn: () => api.operations(tenant()),
    refetchInterval: whileFeedDown(),
  }));

export const useOperation = (tenant: () => string, operation: () => string) =>
  useData(() => ({
    queryKey: keys.operation(tenant(), operation()),
    queryFn: () => api.operation(tenant(), operation()),
    refetchInterval: whileFeedDown(),
  }));
