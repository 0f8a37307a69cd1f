// Schedules as the pages read them: asked again soon after the next one is due, since not every run changes something else.
import { automationApi } from "../../api-automation.ts";
import { keys } from "../../queries.ts";
import { useData } from "../../use-data.ts";

/** Time that a due run takes to be begun, most of it until the next tick. */
const BEGIN_MS = 5_000;
const SOONEST_MS = 10_000;
const LATEST_MS = 60_000;

/** Of one service, or of the whole tenant. */
export const useSchedules = (tenant: () => string, service: () => string | undefined = () => undefined) =>
  useData(() => ({
    queryKey: keys.schedules(tenant(), service()),
    queryFn: () => automationApi.schedules(tenant(), service()),
    refetchInterval: (query) => {
      const next = Math.min(...(query.state.data?.schedules ?? []).flatMap((schedule) => schedule.next.slice(0, 1)));
      return Math.max(SOONEST_MS, Math.min(LATEST_MS, next + BEGIN_MS - Date.now()));
    },
  }));
