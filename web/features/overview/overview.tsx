// The page that a tenant starts on: quota, services, what happened lately; for a newcomer, the way to a first service.
import { A } from "@solidjs/router";
import Rocket from "lucide-solid/icons/rocket";
import { Show } from "solid-js";
import { t, tCount } from "../../i18n/language.ts";
import { useOperations, useQuota, useServices } from "../../queries.ts";
import { LinkButton } from "../../ui/button.tsx";
import { Load } from "../../ui/load.tsx";
import { QuotaMeters } from "../../ui/meter.tsx";
import { Empty, Page, Section } from "../../ui/page.tsx";
import { useTenant } from "../frame/session.tsx";
import { OperationList } from "../operations/list.tsx";
import { ServiceTable } from "../services/table.tsx";

/** As many as one looks over; the rest is a click away. */
const SERVICES_SHOWN = 8;
const OPERATIONS_SHOWN = 6;

export default function Overview() {
  const { id, canChange } = useTenant();
  const quota = useQuota(id);
  const services = useServices(id);
  const operations = useOperations(id);
  const launch = (words: string) => (
    <Show when={canChange()}>
      <LinkButton href={`/t/${id()}/launch`} variant="primary" icon={Rocket}>
        {words}
      </LinkButton>
    </Show>
  );
  return (
    <Page title={t("nav.overview")} actions={launch(t("nav.launch"))}>
      <Section title={t("quota.title")}>
        <Load query={quota}>{(data) => <QuotaMeters rows={data().resources} />}</Load>
      </Section>
      <Section
        title={t("nav.services")}
        flush
        aside={
          <Show when={(services.data?.services.length ?? 0) > 0}>
            <A href={`/t/${id()}/services`} class="small">
              {tCount("services.all", services.data?.services.length ?? 0)}
            </A>
          </Show>
        }
      >
        <Load query={services}>
          {(data) => (
            <Show
              when={data().services.length > 0}
              fallback={
                <Empty
                  icon={<Rocket size={22} />}
                  title={t("overview.first")}
                  text={t("overview.firstText")}
                  action={launch(t("services.launchFirst"))}
                />
              }
            >
              <ServiceTable services={data().services.slice(0, SERVICES_SHOWN)} />
            </Show>
          )}
        </Load>
      </Section>
      <Section
        title={t("overview.recent")}
        flush
        aside={
          <A href={`/t/${id()}/operations`} class="small">
            {t("overview.allActivity")}
          </A>
        }
      >
        <Load query={operations}>
          {(data) => <OperationList operations={data().operations.slice(0, OPERATIONS_SHOWN)} tenantId={id()} />}
        </Load>
      </Section>
    </Page>
  );
}
