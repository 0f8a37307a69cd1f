// What is offered beneath the toast of a shutdown that was not obeyed: to cut the power.
import type { MeView, OperationView, ServiceView } from "../../../worker/rules/views.ts";
import { t } from "../../i18n/language.ts";
import { keys, queryClient } from "../../queries.ts";
import type { Toast } from "../../ui/toast.tsx";
import { ask } from "./ask.ts";
import { possibleActions } from "./possible.ts";
import { sendPower } from "./send.ts";

/** Nothing for other failures, for people who may not do it, and where the service is not known to this page. */
export function forceStopFor(tenantId: string, operation: OperationView): Toast["action"] {
  if (operation.error?.code !== "shutdown_ignored") return undefined;
  const who = queryClient.getQueryData<MeView>(keys.me)?.tenants.find((row) => row.id === tenantId);
  const service = knownService(tenantId, operation.serviceId);
  if (!who || !service) return undefined;
  // The service's own news, that it is free again, comes right after this one.
  if (!possibleActions({ ...service, operationId: null }, who).includes("stop")) return undefined;
  return {
    label: t("action.stop"),
    onSelect: () =>
      ask({
        action: "stop",
        services: [service],
        go: (options) => void sendPower(tenantId, service, "stop", options),
      }),
  };
}

function knownService(tenantId: string, serviceId: string): ServiceView | undefined {
  const page = queryClient.getQueryData<{ service: ServiceView }>(keys.service(tenantId, serviceId));
  const list = queryClient.getQueryData<{ services: ServiceView[] }>(keys.services(tenantId));
  return page?.service ?? list?.services.find((service) => service.id === serviceId);
}
