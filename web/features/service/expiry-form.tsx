// The end date of a service: what happens then, told before it is set; moved, or taken off again.
import { For, Show } from "solid-js";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { lifeApi } from "../../api-life.ts";
import { dateTime, inUnits, t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { useNow } from "../../ui/clock.ts";
import { TextField } from "../../ui/field.tsx";
import { createForm, onChange } from "../../ui/form.ts";
import { Section } from "../../ui/page.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { showToast } from "../../ui/toast.tsx";
import { faults } from "../account/checks.ts";
import { applyEvent } from "../feed/apply.ts";
import { useTenant } from "../frame/session.tsx";
import { DAY_MS, deletedAt, endProblem, fromField, toField } from "./dates.ts";
import styles from "./service.module.css";

/** Days from now that one click fills in. */
const USUAL_DAYS = [7, 30, 90];

export function ExpiryForm(props: { service: ServiceView; disabled: boolean }) {
  const { id } = useTenant();
  const now = useNow();
  const present = () => ({ end: props.service.expiresAt === null ? "" : toField(props.service.expiresAt) });
  const form = createForm(present(), (values) => faults({ end: endProblem(values.end, Date.now()) }));
  onChange(
    () => [props.service.id, props.service.expiresAt],
    () => form.reset(present()),
  );
  const typed = () => (endProblem(form.values.end, now()) === null ? fromField(form.values.end) : null);

  async function set(expiresAt: number | null) {
    const { service } = await lifeApi.setExpiry(id(), props.service.id, expiresAt);
    applyEvent(id(), { type: "service", service });
    showToast({
      tone: "plain",
      text:
        expiresAt === null ? t("expiry.taken", { name: service.name }) : t("expiry.isSet", { at: dateTime(expiresAt) }),
    });
  }

  return (
    <Section title={t("expiry.title")}>
      <form
        novalidate
        class={styles.size}
        onSubmit={(event) => form.submit(event, () => set(fromField(form.values.end)))}
      >
        <p class={styles.lead}>
          <Show when={props.service.expiresAt} fallback={t("expiry.never")}>
            {(at) => t("expiry.now", { at: dateTime(at()) })}
          </Show>
        </p>
        <div class={styles.end}>
          <TextField
            label={t("expiry.date")}
            name="end"
            type="datetime-local"
            disabled={props.disabled}
            min={toField(now())}
            value={form.values.end}
            onValue={(value) => form.set("end", value)}
            error={form.error("end")}
          />
          <div class={styles.buttons}>
            <For each={USUAL_DAYS}>
              {(days) => (
                <Button
                  small
                  disabled={props.disabled}
                  onClick={() => form.set("end", toField(Date.now() + days * DAY_MS))}
                >
                  {t("expiry.in", { time: inUnits(days, "day") })}
                </Button>
              )}
            </For>
          </div>
        </div>
        <Show when={typed()}>
          {(at) => (
            <p data-testid="expiry-effect">
              {t("expiry.effect", { at: dateTime(at()), gone: dateTime(deletedAt(at())) })}
            </p>
          )}
        </Show>
        <ProblemNote problem={form.problem()} />
        <div class={styles.buttons}>
          <Button
            type="submit"
            busy={form.busy()}
            disabled={props.disabled || form.values.end === "" || form.values.end === present().end}
          >
            {t(props.service.expiresAt === null ? "expiry.set" : "expiry.move")}
          </Button>
          <Show when={props.service.expiresAt !== null}>
            <Button disabled={props.disabled || form.busy()} onClick={() => void form.attempt(() => set(null))}>
              {t("expiry.take")}
            </Button>
          </Show>
        </div>
      </form>
    </Section>
  );
}
