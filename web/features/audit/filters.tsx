// The filters above the entries: who, what, how it came out, when.
import X from "lucide-solid/icons/x";
import { createEffect, createSignal, on, Show } from "solid-js";
import { actionsOfAudit } from "../../../worker/rules/audit-actions.ts";
import { t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { groupWords } from "./entry.tsx";
import type { FilterText } from "./filter.ts";
import styles from "./audit.module.css";

const OUTCOMES = ["done", "refused", "failed", "unknown"] as const;

/** Long enough to type a name in one go. */
const PAUSE_MS = 400;

export function Filters(props: { filter: FilterText; onChange: (change: FilterText) => void; mayBelow: boolean }) {
  const [actor, setActor] = createSignal("");
  createEffect(
    on(
      () => props.filter.actor,
      (text) => setActor(text ?? ""),
    ),
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  const type = (text: string) => {
    setActor(text);
    clearTimeout(timer);
    timer = setTimeout(() => props.onChange({ actor: text.trim() }), PAUSE_MS);
  };
  const isSet = () =>
    Boolean(props.filter.actor || props.filter.action || props.filter.outcome || props.filter.from || props.filter.to);
  return (
    <form class={styles.filters} role="search" onSubmit={(event) => event.preventDefault()}>
      <TextField label={t("audit.who")} name="actor" type="search" autocomplete="off" value={actor()} onValue={type} />
      <SelectField
        label={t("audit.what")}
        value={props.filter.action ?? ""}
        onValue={(action) => props.onChange({ action })}
        options={[{ value: "", label: t("audit.all") }, ...groups()]}
      />
      <SelectField
        label={t("audit.outcome")}
        value={props.filter.outcome ?? ""}
        onValue={(outcome) => props.onChange({ outcome })}
        options={[
          { value: "", label: t("audit.all") },
          ...OUTCOMES.map((outcome) => ({ value: outcome, label: t(`audit.outcome.${outcome}`) })),
        ]}
      />
      <TextField
        label={t("audit.fromDay")}
        name="from"
        type="date"
        value={props.filter.from ?? ""}
        onValue={(from) => props.onChange({ from })}
      />
      <TextField
        label={t("audit.toDay")}
        name="to"
        type="date"
        value={props.filter.to ?? ""}
        onValue={(to) => props.onChange({ to })}
      />
      <Show when={props.mayBelow}>
        <label class={styles.below}>
          <input
            type="checkbox"
            checked={props.filter.below === "1"}
            onChange={(event) => props.onChange({ below: event.currentTarget.checked ? "1" : "" })}
          />
          <span>{t("audit.below")}</span>
        </label>
      </Show>
      <Show when={isSet()}>
        <Button
          small
          variant="quiet"
          icon={X}
          onClick={() => props.onChange({ actor: "", action: "", outcome: "", from: "", to: "" })}
        >
          {t("audit.clear")}
        </Button>
      </Show>
    </form>
  );
}

/** Everything that begins alike, such as all that is done to services. */
function groups(): { value: string; label: string }[] {
  const names = actionsOfAudit().map((action) => action.split(".")[0] ?? action);
  return [...new Set(names)]
    .map((value) => ({ value, label: groupWords(value) }))
    .toSorted((a, b) => a.label.localeCompare(b.label));
}
