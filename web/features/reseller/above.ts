// Who looks down the tree from a page: a reseller, or the platform, for whose people the same pages stand under /operator.
import { capacityApi, quotaApi, treeApi } from "../../api-tree.ts";
import { PLATFORM } from "../../api-people.ts";
import type { Permission } from "../../../worker/rules/permissions.ts";
import type { QuotaView } from "../../../worker/rules/views.ts";
import { keys, queryClient, useQuota } from "../../queries.ts";
import { useData } from "../../use-data.ts";
import { mayIn, useSession } from "../frame/session.tsx";
import { useParams } from "@solidjs/router";

export interface Above {
  /** The reseller's id, or `PLATFORM`. */
  id: () => string;
  isPlatform: () => boolean;
  /** Address that this one's pages begin with. */
  base: () => string;
  can: (permission: Permission) => boolean;
}

export function useAbove(): Above {
  const params = useParams<{ tenant?: string }>();
  const { tenant } = useSession();
  const isPlatform = () => params.tenant === undefined;
  return {
    id: () => params.tenant ?? PLATFORM,
    isPlatform,
    base: () => (params.tenant === undefined ? "/operator" : `/t/${params.tenant}`),
    can: (permission) => {
      if (isPlatform()) return true;
      const here = tenant();
      return here !== null && here.open && mayIn(here, permission);
    },
  };
}

/** While something below is being taken down, its progress is asked for this often. */
const PROGRESS_MS = 3_000;

export const useTree = (above: () => string) =>
  useData(() => ({
    queryKey: keys.tree(above()),
    queryFn: () => treeApi.tree(above()),
    refetchInterval: ({ state }) => (state.data?.nodes.some(isLeaving) ? PROGRESS_MS : false),
  }));

const isLeaving = (node: { status: string }) => node.status === "deleting";

export const useChild = (above: () => string, child: () => string) =>
  useData(() => ({
    queryKey: keys.child(above(), child()),
    queryFn: () => treeApi.child(above(), child()),
    refetchInterval: ({ state }) => (state.data && isLeaving(state.data.child) ? PROGRESS_MS : false),
  }));

export const useRequests = (above: () => string, enabled: () => boolean = () => true) =>
  useData(() => ({
    queryKey: keys.requests(above()),
    queryFn: () => quotaApi.requests(above()),
    enabled: enabled(),
  }));

/** What the one above has to hand out: a reseller's quota, or the platform's capacity. */
export function useOwnQuota(above: Above): { rows: () => QuotaView["resources"]; isKnown: () => boolean } {
  const quota = useQuota(above.id, () => !above.isPlatform());
  const capacity = useData(() => ({
    queryKey: keys.capacity,
    queryFn: capacityApi.capacity,
    enabled: above.isPlatform(),
  }));
  const rows = () =>
    above.isPlatform()
      ? (capacity.data?.resources ?? []).map(({ resource, limit, used }) => ({
          resource,
          limit,
          used,
          own: true,
          mode: "carve" as const,
        }))
      : (quota.data?.resources ?? []);
  return { rows, isKnown: () => rows().length > 0 };
}

/** After a change below: whatever is on show about it is asked anew. */
export function refreshTree(above: string): void {
  void queryClient.invalidateQueries({ queryKey: keys.tenant(above) });
  void queryClient.invalidateQueries({ queryKey: keys.me });
  if (above === PLATFORM) void queryClient.invalidateQueries({ queryKey: keys.capacity });
}
