// The page of one service: its head with what can be done now, and its parts, each at an address of its own.
import { useNavigate, useParams } from "@solidjs/router";
import Ellipsis from "lucide-solid/icons/ellipsis";
import { createEffect, createMemo, For, lazy, Match, Show, Suspense, Switch } from "solid-js";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { t, type Key } from "../../i18n/language.ts";
import { useService } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { Load } from "../../ui/load.tsx";
import { Menu } from "../../ui/menu.tsx";
import { Page, Section, Skeleton } from "../../ui/page.tsx";
import { ServiceStatus } from "../../ui/status.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { BackupsTab } from "../copies/backups-tab.tsx";
import { SnapshotsTab } from "../copies/snapshots-tab.tsx";
import { isGone } from "../feed/apply.ts";
import { NotFound } from "../frame/not-found.tsx";
import { useTenant } from "../frame/session.tsx";
import { OperationList } from "../operations/list.tsx";
import {
  actionIcons,
  actionName,
  possibleActions,
  useServiceActions,
  type ServiceAction,
} from "../services/actions.tsx";
import { onHead } from "../services/possible.ts";
import { EndBanner } from "./banners.tsx";
import { Overview } from "./overview.tsx";
import { SettingsTab } from "./settings.tsx";
import styles from "./service.module.css";

const SchedulesTab = lazy(() => import("../schedules/tab.tsx"));
const ScriptsTab = lazy(() => import("../scripts/tab.tsx"));

const TABS = ["overview", "snapshots", "backups", "schedules", "scripts", "settings", "activity"] as const;
type TabName = (typeof TABS)[number];

export default function Service() {
  const params = useParams<{ service: string; tab?: string }>();
  const navigate = useNavigate();
  const { id } = useTenant();
  const query = useService(id, () => params.service);
  const crumbs = () => [{ label: t("nav.services"), href: `/t/${id()}/services` }];
  const tab = (): TabName | undefined => TABS.find((name) => name === (params.tab ?? "overview"));
  const tabs = (service: ServiceView) => {
    const base = `/t/${id()}/services/${service.id}`;
    // What never came about has nothing but its story.
    const names = service.state === "failed" ? TABS.filter((name) => name === "overview" || name === "activity") : TABS;
    return names.map((name) => ({
      label: t(`service.tab.${name}` as Key),
      href: name === "overview" ? base : `${base}/${name}`,
    }));
  };

  createEffect(() => {
    if (isGone(params.service)) navigate(`/t/${id()}/services`, { replace: true });
  });

  return (
    <Show when={tab()} fallback={<NotFound />}>
      <Load
        query={query}
        skeleton={<Skeleton rows={6} />}
        frame={(title, inner) => (
          <Page title={title} crumbs={crumbs()}>
            {inner}
          </Page>
        )}
      >
        {(data) => (
          <Page
            title={data().service.name}
            crumbs={crumbs()}
            aside={<ServiceStatus service={data().service} />}
            actions={<Actions service={data().service} />}
          >
            <EndBanner service={data().service} />
            <Tabs label={t("service.parts")} tabs={tabs(data().service)} />
            <div
              class={styles.column}
              data-service-id={data().service.id}
              data-power={data().service.power}
              data-state={data().service.state}
            >
              <Switch>
                <Match when={tab() === "overview"}>
                  <Overview service={data().service} operations={data().operations} />
                </Match>
                <Match when={tab() === "snapshots"}>
                  <SnapshotsTab service={data().service} />
                </Match>
                <Match when={tab() === "backups"}>
                  <BackupsTab service={data().service} />
                </Match>
                <Match when={tab() === "schedules"}>
                  <Suspense fallback={<Skeleton rows={4} />}>
                    <SchedulesTab service={data().service} operations={data().operations} />
                  </Suspense>
                </Match>
                <Match when={tab() === "scripts"}>
                  <Suspense fallback={<Skeleton rows={4} />}>
                    <ScriptsTab service={data().service} />
                  </Suspense>
                </Match>
                <Match when={tab() === "settings"}>
                  <SettingsTab service={data().service} />
                </Match>
                <Match when={tab() === "activity"}>
                  <Section title={t("nav.activity")} flush>
                    <OperationList operations={data().operations} tenantId={id()} />
                  </Section>
                </Match>
              </Switch>
            </div>
          </Page>
        )}
      </Load>
    </Show>
  );
}

/** The main actions as buttons, the rest in a menu. */
function Actions(props: { service: ServiceView }) {
  const { tenant } = useTenant();
  const actions = useServiceActions(tenant);
  const offered = createMemo(() => onHead(possibleActions(props.service, tenant())));
  return (
    <>
      <For each={offered().buttons}>
        {(action) => (
          <Button
            icon={actionIcons[action]}
            variant={PRIMARY.includes(action) ? "primary" : action === "delete" ? "danger" : "plain"}
            busy={(action === "start" || action === "resume") && actions.busy() === props.service.id}
            onClick={() => actions.run(props.service, action)}
          >
            {actionName(action, props.service)}
          </Button>
        )}
      </For>
      <Show when={offered().menu.length > 0}>
        <Menu
          buttonClass={styles.more}
          label={t("services.actionsOf", { name: props.service.name })}
          groups={[
            {
              items: offered().menu.map((action) => ({
                label: actionName(action, props.service),
                icon: actionIcons[action],
                danger: action === "delete",
                onSelect: () => actions.run(props.service, action),
              })),
            },
          ]}
        >
          <Ellipsis size={16} aria-hidden="true" />
        </Menu>
      </Show>
    </>
  );
}

const PRIMARY: readonly ServiceAction[] = ["console", "start", "resume"];
