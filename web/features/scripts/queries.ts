// Scripts as the pages read them: the catalogue, and those of a service with their runs.
import { automationApi, scriptsApi } from "../../api-automation.ts";
import { keys } from "../../queries.ts";
import { useData } from "../../use-data.ts";

/** How often the runs of a service are asked for while one of them is under way. */
const WATCH_MS = 3_000;

export const useScripts = (tenant: () => string, enabled: () => boolean = () => true) =>
  useData(() => ({
    queryKey: keys.scripts(tenant()),
    queryFn: () => automationApi.scripts(tenant()),
    enabled: enabled(),
  }));

export const useServiceScripts = (tenant: () => string, service: () => string) =>
  useData(() => ({
    queryKey: keys.serviceScripts(tenant(), service()),
    queryFn: () => automationApi.serviceScripts(tenant(), service()),
    refetchInterval: (query) =>
      query.state.data?.runs.some((run) => run.state === "waiting" || run.state === "running") ? WATCH_MS : false,
  }));

export const useScriptSources = () => useData(() => ({ queryKey: keys.scriptSources, queryFn: scriptsApi.all }));
