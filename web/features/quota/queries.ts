// A tenant's own requests for more quota.
import type { QuotaRequestView } from "../../../worker/rules/views-tree.ts";
import { quotaApi } from "../../api-tree.ts";
import { keys } from "../../queries.ts";
import { useData } from "../../use-data.ts";

export const useMyRequests = (tenant: () => string, enabled: () => boolean = () => true) =>
  useData(() => ({
    queryKey: keys.myRequests(tenant()),
    queryFn: () => quotaApi.myRequests(tenant()),
    enabled: enabled(),
  }));

/** The request that waits for an answer; there is never more than one. */
export function openRequest(requests: readonly QuotaRequestView[] | undefined): QuotaRequestView | null {
  return requests?.find((request) => request.status === "open") ?? null;
}
