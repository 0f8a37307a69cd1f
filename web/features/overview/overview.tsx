// The page that a tenant starts on: quota, services, what happened lately; for a newcomer, the way to a first service.
import { A } from "@solidjs/router";
import ArrowUpRight from "lucide-solid/icons/arrow-up-right";
import Rocket from "lucide-solid/icons/rocket";
import { Show } from "solid-js";
import { t, tCount } from "../../i18n/language.ts";
import { useOperations, useQuota, useServices } from "../../queries.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Load } from "../../ui/load.tsx";
import { QuotaMeters } from "../../ui/meter.tsx";
import { Empty, Page, Section } from "../../ui/page.tsx";
import { useTenant } from "../frame/session.tsx";
import { OperationList } from "../operations/list.tsx";
import { askForMore } from "../quota/ask.ts";
import { openRequest, useMyRequests } from "../quota/queries.ts";
import { RequestState } from "../quota/request-state.tsx";
import styles from "../quota/quota.module.css";
import { ServiceTable } from "../services/table.tsx";
import { Waiting } from "./waiting.tsx";

/** As many as one looks over; the rest is a click away. */
const SERVICES_SHOWN = 8;
const OPERATIONS_SHOWN = 6;

export default function Overview() {
  const { tenant } = useTenant();
  return (
    <Show when={tenant().status === "pending"} fallback={<Board />}>
      <Waiting name={tenant().name} />
    </Show>
  );
}

function Board() {
  const { id, canChange, can, tenant } = useTenant();
  const quota = useQuota(id);
  const services = useServices(id);
  const operations = useOperations(id);
  const requests = useMyRequests(id);
  const launch = (words: string) => (
    <Show when={canChange()}>
      <LinkButton href={`/t/${id()}/launch`} variant="primary" icon={Rocket}>
        {words}
      </LinkButton>
    </Show>
  );
  return (
    <Page title={t("nav.overview")} actions={launch(t("nav.launch"))}>
      <Section
        title={t("quota.title")}
        aside={
          <Show when={can("quota.request") && tenant().open}>
            <Button small icon={ArrowUpRight} onClick={() => askForMore()}>
              {t("ask.more")}
            </Button>
          </Show>
        }
      >
        <Load query={quota}>{(data) => <QuotaMeters rows={data().resources} />}</Load>
        <Show when={openRequest(requests.data?.requests)}>
          {(request) => (
            <div class={styles.strip}>
              <RequestState request={request()} tenantId={id()} />
            </div>
          )}
        </Show>
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
