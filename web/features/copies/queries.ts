// Snapshots, backups, and the size that waits for a restart, as the pages read them.
import type { ServiceView } from "../../../worker/rules/views.ts";
import { copiesApi } from "../../api-copies.ts";
import { keys } from "../../queries.ts";
import { useData } from "../../use-data.ts";

export const useSnapshots = (tenant: () => string, service: () => string) =>
  useData(() => ({
    queryKey: keys.snapshots(tenant(), service()),
    queryFn: () => copiesApi.snapshots(tenant(), service()),
  }));

export const useBackups = (tenant: () => string) =>
  useData(() => ({ queryKey: keys.backups(tenant()), queryFn: () => copiesApi.backups(tenant()) }));

/** Asked of the cluster itself, so only where there can be an answer: of a running guest that nothing is done to. */
export const usePending = (tenant: () => string, service: () => ServiceView) =>
  useData(() => ({
    queryKey: keys.pending(tenant(), service().id),
    queryFn: () => copiesApi.pending(tenant(), service().id),
    enabled: service().state === "ready" && service().power === "running" && service().operationId === null,
    retry: false as const,
  }));
