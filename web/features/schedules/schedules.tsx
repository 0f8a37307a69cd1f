// The page of all schedules of a tenant: what runs next, of which service, and how it went the last time.
import { A } from "@solidjs/router";
import CalendarClock from "lucide-solid/icons/calendar-clock";
import { createSignal, For, Show } from "solid-js";
import type { ScheduleView } from "../../../worker/rules/views-automation.ts";
import { t } from "../../i18n/language.ts";
import { LinkButton } from "../../ui/button.tsx";
import { Load } from "../../ui/load.tsx";
import { Empty, Page } from "../../ui/page.tsx";
import { plain } from "../../ui/plain.ts";
import { useTenant } from "../frame/session.tsx";
import finder from "../services/many.module.css";
import { nextFirst } from "./order.ts";
import { useSchedules } from "./queries.ts";
import { RunMark, Why } from "./runs.tsx";
import { NextRun, PausedMark, RuleLine, scheduleIcons } from "./schedule-row.tsx";
import styles from "./schedules.module.css";
import { inZone } from "./times.ts";
import { actionName, scheduleText } from "./words.ts";

/** From this many on, a field to find one is worth its place. */
const MANY = 6;

export default function Schedules() {
  const { id } = useTenant();
  const query = useSchedules(id);
  const [typed, setTyped] = createSignal("");
  const isFound = (schedule: ScheduleView) =>
    plain(`${schedule.service.name} ${scheduleText(schedule)}`).includes(plain(typed().trim()));
  return (
    <Page title={t("nav.schedules")}>
      <Load query={query}>
        {(data) => {
          const found = () => nextFirst(data().schedules.filter(isFound));
          return (
            <div class="card">
              <Show
                when={data().schedules.length > 0}
                fallback={
                  <Empty
                    icon={<CalendarClock size={22} />}
                    title={t("schedules.none")}
                    text={t("schedules.noneAtAll")}
                    action={
                      <LinkButton variant="primary" href={`/t/${id()}/services`}>
                        {t("schedules.toServices")}
                      </LinkButton>
                    }
                  />
                }
              >
                <Show when={data().schedules.length >= MANY}>
                  <div class={finder.finder}>
                    <input
                      type="search"
                      aria-label={t("schedules.find")}
                      placeholder={t("schedules.find")}
                      value={typed()}
                      onInput={(event) => setTyped(event.currentTarget.value)}
                    />
                  </div>
                </Show>
                <ul>
                  <For each={found()} fallback={<li class={finder.nothing}>{t("copies.nothingFound")}</li>}>
                    {(schedule) => <Row schedule={schedule} tenantId={id()} />}
                  </For>
                </ul>
              </Show>
            </div>
          );
        }}
      </Load>
    </Page>
  );
}

function Row(props: { schedule: ScheduleView; tenantId: string }) {
  const next = () => props.schedule.next[0];
  const last = () => props.schedule.history[0];
  return (
    <li class={`${styles.schedule} ${styles.brief}`} data-schedule-id={props.schedule.id}>
      <div class={styles.head}>
        <span class={styles.glyph}>{scheduleIcons[props.schedule.action]({ size: 18, "aria-hidden": "true" })}</span>
        <div class={styles.what}>
          <A href={`/t/${props.tenantId}/services/${props.schedule.service.id}/schedules`}>
            {props.schedule.service.name}
          </A>
          <p>{actionName(props.schedule.action)}</p>
          <RuleLine schedule={props.schedule} />
          <p class="small quiet">{props.schedule.timeZone.replaceAll("_", " ")}</p>
        </div>
      </div>
      <section class={styles.part}>
        <h3>{t("schedules.nextOne")}</h3>
        <Show when={next()} fallback={<PausedMark schedule={props.schedule} />}>
          {(at) => <NextRun at={at()} timeZone={props.schedule.timeZone} />}
        </Show>
      </section>
      <section class={styles.part}>
        <h3>{t("schedules.lastOne")}</h3>
        <Show when={last()} fallback={<p class="quiet">{t("schedules.notYet")}</p>}>
          {(run) => (
            <div class={styles.last}>
              <RunMark state={run().state} />
              <Show
                when={run().operationId}
                fallback={<span class="figures">{inZone(run().dueAt, props.schedule.timeZone)}</span>}
              >
                {(operation) => (
                  <A
                    class="figures"
                    href={`/t/${props.tenantId}/operations/${operation()}`}
                    aria-label={t("schedules.toOperation", { at: inZone(run().dueAt, props.schedule.timeZone) })}
                  >
                    {inZone(run().dueAt, props.schedule.timeZone)}
                  </A>
                )}
              </Show>
              <Why run={run()} />
            </div>
          )}
        </Show>
      </section>
    </li>
  );
}
