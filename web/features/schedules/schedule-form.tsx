// What a schedule does, when, and what of its copies stays; the next runs and the effect are shown while one chooses.
import { createMemo, For, Match, onMount, Show, Switch } from "solid-js";
import { calendarProblem, MAKE_UP_MINUTES } from "../../../worker/rules/calendar.ts";
import type { Retention } from "../../../worker/rules/retention.ts";
import { withRetention } from "../../../worker/rules/schedules.ts";
import { SCHEDULE_ACTIONS, type ScheduleAction } from "../../../worker/rules/views-automation.ts";
import { automationApi } from "../../api-automation.ts";
import { t, type Key } from "../../i18n/language.ts";
import { keys, queryClient } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { DialogBody } from "../../ui/dialog.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { createForm, type FieldErrors } from "../../ui/form.ts";
import { ProblemNote } from "../../ui/problem.tsx";
import { DaysField } from "./days-field.tsx";
import { faultOf, NextPreview } from "./next-preview.tsx";
import { RetentionFields, retentionFaults } from "./retention-fields.tsx";
import { FIRST_RULE, formOf, LAST_DAY, OFTEN, ruleOf, type Often, type RuleForm } from "./rule.ts";
import type { ScheduleSubject } from "./schedule-dialog.tsx";
import styles from "./schedules.module.css";
import { ownZone, zones } from "./times.ts";
import { actionName } from "./words.ts";

/** What a new schedule keeps of its copies, unless one says otherwise: each takes quota until it goes. */
const FIRST_RETENTION: Retention = { last: 3, daily: 0, weekly: 0, monthly: 0 };
const KEEP_ALL: Retention = { last: 0, daily: 0, weekly: 0, monthly: 0 };

type RetentionForm = { [Period in keyof Retention]: number | null };

interface Values extends RuleForm, RetentionForm {
  action: ScheduleAction;
  timeZone: string;
}

export default function ScheduleForm(props: { tenantId: string; subject: ScheduleSubject; onClose: () => void }) {
  const known = props.subject.schedule;
  const form = createForm<Values>(
    {
      action: known?.action ?? "start",
      timeZone: known?.timeZone ?? ownZone(),
      ...(known ? formOf(known.rule) : FIRST_RULE),
      ...(known ? (known.retention ?? KEEP_ALL) : FIRST_RETENTION),
    },
    (values) => ({ ...ruleFaults(values), ...(withRetention(values.action) ? retentionFaults(values) : {}) }),
  );
  const rule = createMemo(() => ruleOf(form.values));
  const problem = createMemo(() => calendarProblem(rule(), form.values.timeZone.trim(), Date.now()));
  const zoneNames = zones();
  let element!: HTMLFormElement;
  onMount(() => queueMicrotask(() => element.querySelector<HTMLElement>("select")?.focus()));

  async function submit(event: SubmitEvent) {
    const done = await form.submit(event, async (values) => {
      const body = {
        rule: ruleOf(values),
        timeZone: values.timeZone.trim(),
        retention: withRetention(values.action) ? retentionOf(values) : null,
      };
      if (known) await automationApi.changeSchedule(props.tenantId, known.id, body);
      else
        await automationApi.addSchedule(props.tenantId, props.subject.service.id, { action: values.action, ...body });
    });
    if (!done) return;
    void queryClient.invalidateQueries({ queryKey: keys.schedules(props.tenantId) });
    props.onClose();
  }

  return (
    <form ref={(node) => (element = node)} novalidate onSubmit={submit}>
      <DialogBody
        actions={
          <>
            <Button onClick={props.onClose}>{t("action.cancel")}</Button>
            <Button type="submit" variant="primary" busy={form.busy()}>
              {t(known ? "action.save" : "schedules.add")}
            </Button>
          </>
        }
      >
        <Show when={!known} fallback={<h3>{actionName(form.values.action)}</h3>}>
          <SelectField
            label={t("schedules.field.action")}
            hint={t(`schedules.actionHint.${form.values.action}` as Key)}
            value={form.values.action}
            onValue={(value) => form.set("action", value)}
            options={SCHEDULE_ACTIONS.map((action) => ({ value: action, label: actionName(action) }))}
          />
        </Show>
        <div class={styles.when}>
          <SelectField
            label={t("schedules.field.often")}
            value={form.values.often}
            onValue={(value) => {
              // A rule of one's own begins as what was chosen before.
              if (value === "own" && rule() !== "") form.set("rule", rule());
              form.set("often", value);
            }}
            options={OFTEN.map((often) => ({ value: often, label: t(`schedules.often.${often}` as Key) }))}
          />
          <Show when={form.values.often === "monthly"}>
            <SelectField
              label={t("schedules.field.day")}
              hint={Number(form.values.day) > 28 ? t("schedules.dayHint") : undefined}
              value={form.values.day}
              onValue={(value) => form.set("day", value)}
              options={[
                ...Array.from({ length: 31 }, (_, index) => ({ value: String(index + 1), label: String(index + 1) })),
                { value: LAST_DAY, label: t("schedules.lastDay") },
              ]}
            />
          </Show>
          <Switch>
            <Match when={form.values.often === "own"}>
              <TextField
                label={t("schedules.field.rule")}
                hint={t("schedules.ruleHint")}
                name="rule"
                mono
                autocomplete="off"
                autocapitalize="none"
                spellcheck={false}
                maxLength={100}
                value={form.values.rule}
                onValue={(value) => form.set("rule", value)}
                error={form.error("rule")}
              />
            </Match>
            <Match when={form.values.often !== "own"}>
              <TextField
                label={t("schedules.field.time")}
                name="time"
                type="time"
                value={form.values.time}
                onValue={(value) => form.set("time", value)}
                error={form.error("time") ?? form.error("rule")}
              />
            </Match>
          </Switch>
        </div>
        <Show when={form.values.often === "weekly"}>
          <DaysField days={form.values.days} onDays={(days) => form.set("days", days)} error={form.error("days")} />
        </Show>
        <TextField
          label={t("schedules.field.zone")}
          hint={t("schedules.zoneHint")}
          name="timeZone"
          list="time-zones"
          autocomplete="off"
          spellcheck={false}
          value={form.values.timeZone}
          onValue={(value) => form.set("timeZone", value)}
          onFocus={(event) => event.currentTarget.select()}
          error={form.error("timeZone")}
        />
        <datalist id="time-zones">
          <For each={zoneNames}>{(zone) => <option value={zone} />}</For>
        </datalist>
        <NextPreview rule={rule()} timeZone={form.values.timeZone.trim()} problem={problem()} />
        <p class={`small ${styles.rules}`}>{t("schedules.rules", { minutes: MAKE_UP_MINUTES })}</p>
        <Show when={withRetention(form.values.action)}>
          <RetentionFields
            tenantId={props.tenantId}
            serviceId={props.subject.service.id}
            scheduleId={known?.id ?? null}
            action={form.values.action}
            timeZone={form.values.timeZone.trim()}
            values={form.values}
            onValue={(period, value) => form.set(period, value)}
            error={form.error}
          />
        </Show>
        <ProblemNote problem={form.problem()} />
      </DialogBody>
    </form>
  );
}

function retentionOf(values: RetentionForm): Retention | null {
  const retention = {
    last: values.last ?? 0,
    daily: values.daily ?? 0,
    weekly: values.weekly ?? 0,
    monthly: values.monthly ?? 0,
  };
  return Object.values(retention).every((count) => count === 0) ? null : retention;
}

/** What is wrong with when it is to run, at the field that it comes from. */
function ruleFaults(values: Values): FieldErrors {
  const isOwn: boolean = values.often === ("own" satisfies Often);
  if (!isOwn && values.time === "") return { time: { code: "required" } };
  if (values.often === "weekly" && values.days.length === 0) return { days: { code: "choose_one" } };
  const problem = calendarProblem(ruleOf(values), values.timeZone.trim(), Date.now());
  if (problem === null) return {};
  if (problem === "zone") return { timeZone: { code: values.timeZone.trim() === "" ? "required" : "zone" } };
  return { [isOwn ? "rule" : "time"]: faultOf(problem) };
}
