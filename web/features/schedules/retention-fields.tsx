// What stays of a schedule's copies: four numbers, and what they would come to with the copies that there are.
import { createMemo, For, Match, Show, Switch } from "solid-js";
import { isTimeZone } from "../../../worker/rules/calendar.ts";
import { retain, type KeepReason, type Kept, type Retention } from "../../../worker/rules/retention.ts";
import type { ScheduleAction } from "../../../worker/rules/views-automation.ts";
import { t, tCount, type Key } from "../../i18n/language.ts";
import { NumberField } from "../../ui/field.tsx";
import type { FieldErrors } from "../../ui/form.ts";
import { Status } from "../../ui/status.tsx";
import { useBackups, useSnapshots } from "../copies/queries.ts";
import styles from "./schedules.module.css";
import { inZone } from "./times.ts";
import { PERIODS } from "./words.ts";

/** More than this of one kind is nobody's intention. */
const MOST_KEPT = 1_000;

type Numbers = { [Period in keyof Retention]: number | null };

interface Props {
  tenantId: string;
  serviceId: string;
  /** Null while it is not made yet: then there are no copies of it. */
  scheduleId: string | null;
  action: ScheduleAction;
  timeZone: string;
  values: Numbers;
  onValue: (period: keyof Retention, value: number | null) => void;
  error: (period: keyof Retention) => string | undefined;
}

export function RetentionFields(props: Props) {
  const retention = (): Retention => ({
    last: props.values.last ?? 0,
    daily: props.values.daily ?? 0,
    weekly: props.values.weekly ?? 0,
    monthly: props.values.monthly ?? 0,
  });
  const most = () => PERIODS.reduce((sum, period) => sum + retention()[period], 0);
  return (
    <fieldset class={styles.retention}>
      <legend>{t("schedules.retention")}</legend>
      <div class={styles.numbers}>
        <For each={PERIODS}>
          {(period) => (
            <NumberField
              label={t(`schedules.retention.${period}`)}
              name={period}
              min={0}
              max={MOST_KEPT}
              value={props.values[period]}
              onValue={(value) => props.onValue(period, value)}
              error={props.error(period)}
            />
          )}
        </For>
      </div>
      <p class="small quiet">{t("schedules.retentionHint")}</p>
      <p data-testid="retention-most">
        <Show when={most() > 0} fallback={t("schedules.retentionAll")}>
          {tCount("schedules.retentionMost", most())}
        </Show>
      </p>
      <Show when={props.scheduleId}>
        {(id) => (
          <Switch>
            <Match when={props.action === "backup"}>
              <OfBackups {...props} schedule={id()} retention={retention()} />
            </Match>
            <Match when={props.action === "snapshot"}>
              <OfSnapshots {...props} schedule={id()} retention={retention()} />
            </Match>
          </Switch>
        )}
      </Show>
    </fieldset>
  );
}

type CopiesProps = Props & { schedule: string; retention: Retention };

function OfBackups(props: CopiesProps) {
  const query = useBackups(() => props.tenantId);
  const made = () =>
    (query.data?.backups ?? []).filter((backup) => backup.scheduleId === props.schedule && backup.state === "ready");
  return <Effect copies={made()} retention={props.retention} timeZone={props.timeZone} />;
}

function OfSnapshots(props: CopiesProps) {
  const query = useSnapshots(
    () => props.tenantId,
    () => props.serviceId,
  );
  const made = () =>
    (query.data?.snapshots ?? [])
      .filter((snapshot) => snapshot.scheduleId === props.schedule && snapshot.state === "ready")
      .map(({ id, createdAt }) => ({ id, createdAt, protected: false }));
  return <Effect copies={made()} retention={props.retention} timeZone={props.timeZone} />;
}

/** Each copy with why it stays, or that it would go. */
function Effect(props: { copies: readonly Kept[]; retention: Retention; timeZone: string }) {
  const zone = () => (isTimeZone(props.timeZone) ? props.timeZone : "UTC");
  const effect = createMemo(() => retain(props.copies, props.retention, zone()));
  const isRule = () => PERIODS.some((period) => props.retention[period] > 0);
  const latestFirst = () => props.copies.toSorted((one, other) => other.createdAt - one.createdAt);
  const words = (reason: KeepReason) =>
    t(`schedules.reason.${isRule() || reason === "protected" ? reason : "all"}` as Key);
  return (
    <section
      class={styles.preview}
      aria-live="polite"
      data-testid="retention-preview"
      data-goes={effect().remove.length}
    >
      <h3>{t("schedules.copies")}</h3>
      <Show when={props.copies.length > 0} fallback={<p class="quiet">{t("schedules.copiesNone")}</p>}>
        <p class="figures">
          {tCount("schedules.stay", effect().keep.size)} · {tCount("schedules.go", effect().remove.length)}
        </p>
        <ul class={styles.copies} tabIndex={0} aria-label={t("schedules.copies")}>
          <For each={latestFirst()}>
            {(copy) => (
              <li>
                <span class="figures">{inZone(copy.createdAt, zone())}</span>
                <Show
                  when={effect().keep.get(copy.id)}
                  fallback={<Status shape="triangle" tone="bad" word={t("schedules.goes")} />}
                >
                  {(reason) => <Status shape="tick" tone="good" word={words(reason())} />}
                </Show>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </section>
  );
}

export function retentionFaults(values: Numbers): FieldErrors {
  const found: FieldErrors = {};
  for (const period of PERIODS) {
    const value = values[period] ?? 0;
    if (value < 0) found[period] = { code: "too_small", params: { minimum: 0 } };
    else if (value > MOST_KEPT) found[period] = { code: "too_big", params: { maximum: MOST_KEPT } };
  }
  return found;
}
