// Schedules of one service: made, changed, paused and deleted here, each with its next and its latest runs.
import CalendarClock from "lucide-solid/icons/calendar-clock";
import { createSignal, For, Show } from "solid-js";
import { MAKE_UP_MINUTES } from "../../../worker/rules/calendar.ts";
import { MAX_SCHEDULES } from "../../../worker/rules/schedules.ts";
import type { ScheduleView } from "../../../worker/rules/views-automation.ts";
import type { OperationView, ServiceView } from "../../../worker/rules/views.ts";
import { automationApi } from "../../api-automation.ts";
import { problemOf } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { problemWords } from "../../i18n/words.ts";
import { keys, queryClient } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { Load } from "../../ui/load.tsx";
import { Empty, Section } from "../../ui/page.tsx";
import { SureDialog, type Sure } from "../../ui/sure-dialog.tsx";
import { showToast } from "../../ui/toast.tsx";
import { useTenant } from "../frame/session.tsx";
import { useSchedules } from "./queries.ts";
import { ScheduleDialog, type ScheduleSubject } from "./schedule-dialog.tsx";
import { ScheduleRow } from "./schedule-row.tsx";
import styles from "./schedules.module.css";

export default function SchedulesTab(props: { service: ServiceView; operations: readonly OperationView[] }) {
  const { id, can, tenant } = useTenant();
  const query = useSchedules(id, () => props.service.id);
  const [subject, setSubject] = createSignal<ScheduleSubject | null>(null);
  const [question, setQuestion] = createSignal<Sure | null>(null);
  const [busy, setBusy] = createSignal<string | null>(null);
  const mayChange = () => can("service.schedule") && tenant().open && props.service.state === "ready";
  const stale = () => void queryClient.invalidateQueries({ queryKey: keys.schedules(id()) });
  const add = (words: string) => (
    <Show when={mayChange()}>
      <Button
        icon={CalendarClock}
        variant="primary"
        onClick={() => setSubject({ service: props.service, schedule: null })}
      >
        {words}
      </Button>
    </Show>
  );

  async function pause(schedule: ScheduleView, paused: boolean) {
    setBusy(schedule.id);
    try {
      await automationApi.changeSchedule(id(), schedule.id, { paused });
    } catch (thrown) {
      const { code, params } = problemOf(thrown);
      const words = problemWords(code, params);
      showToast({ tone: "bad", text: words.what, detail: words.help });
    } finally {
      setBusy(null);
      stale();
    }
  }

  const remove = (schedule: ScheduleView): Sure => ({
    title: t("schedules.deleteTitle"),
    text: t("schedules.deleteText"),
    confirm: t("action.delete"),
    act: async () => {
      await automationApi.removeSchedule(id(), schedule.id);
      showToast({ tone: "plain", text: t("schedules.gone") });
      stale();
    },
  });

  return (
    <>
      <Load query={query}>
        {(data) => (
          <Show
            when={data().schedules.length > 0}
            fallback={
              <div class="card">
                <Empty
                  icon={<CalendarClock size={22} />}
                  title={t("schedules.none")}
                  text={t("schedules.noneText")}
                  action={add(t("schedules.addFirst"))}
                />
              </div>
            }
          >
            <Section
              title={t("nav.schedules")}
              aside={<Show when={data().schedules.length < MAX_SCHEDULES}>{add(t("schedules.add"))}</Show>}
              flush
            >
              <ul>
                <For each={data().schedules}>
                  {(schedule) => (
                    <ScheduleRow
                      schedule={schedule}
                      operations={props.operations}
                      tenantId={id()}
                      mayChange={mayChange()}
                      busy={busy() === schedule.id}
                      onPause={(paused) => void pause(schedule, paused)}
                      onChange={() => setSubject({ service: props.service, schedule })}
                      onDelete={() => setQuestion(remove(schedule))}
                    />
                  )}
                </For>
              </ul>
            </Section>
            <p class={`small ${styles.rules}`}>{t("schedules.rules", { minutes: MAKE_UP_MINUTES })}</p>
          </Show>
        )}
      </Load>
      <ScheduleDialog tenantId={id()} subject={subject()} onClose={() => setSubject(null)} />
      <SureDialog question={question()} onClose={() => setQuestion(null)} />
    </>
  );
}
