// What the scripts of a first boot came to, on the page of the launch.
import { A } from "@solidjs/router";
import { Show } from "solid-js";
import type { OperationView, ServiceView } from "../../../worker/rules/views.ts";
import { t } from "../../i18n/language.ts";
import { Section } from "../../ui/page.tsx";
import { useTenant } from "../frame/session.tsx";
import { useServiceScripts } from "../scripts/queries.ts";
import { RunList } from "../scripts/runs.tsx";

/** Nothing where the launch had none to run. */
export function BootRuns(props: { operation: OperationView; service: ServiceView }) {
  const hasScripts = () => props.operation.steps.some((step) => step.name === "scripts" && step.status !== "pending");
  return (
    <Show when={hasScripts()}>
      <Runs operation={props.operation} service={props.service} />
    </Show>
  );
}

function Runs(props: { operation: OperationView; service: ServiceView }) {
  const { id } = useTenant();
  const query = useServiceScripts(id, () => props.service.id);
  const runs = () =>
    (query.data?.runs ?? []).filter((run) => run.event === "first_boot" && run.operationId === props.operation.id);
  return (
    <Show when={runs().length > 0}>
      <Section
        title={t("scripts.firstBoot")}
        flush
        aside={
          <A class="small" href={`/t/${id()}/services/${props.service.id}/scripts`}>
            {t("scripts.toTab")}
          </A>
        }
      >
        <RunList runs={runs()} open />
      </Section>
    </Show>
  );
}
