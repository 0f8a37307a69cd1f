// The limits of a tenant: resource by resource how it is handed out, and how much.
import { For, Show } from "solid-js";
import { ENVELOPE_MODES, RESOURCES, type EnvelopeMode, type Resource } from "../../../worker/rules/views.ts";
import { t, type Key } from "../../i18n/language.ts";
import { amount, resourceName } from "../../i18n/words.ts";
import { MAIN } from "../../ui/meter.tsx";
import type { ChildQuotaRow } from "../../../worker/rules/views-tree.ts";
import type { TypedLimits, TypedModes } from "./carve.ts";
import styles from "./limits.module.css";

interface Props {
  values: TypedLimits;
  modes: TypedModes;
  /** What the child has and uses now; none for a new one. */
  now: readonly ChildQuotaRow[];
  onValue: (resource: Resource, value: number | null) => void;
  onMode: (resource: Resource, mode: EnvelopeMode) => void;
  errors?: (resource: Resource) => string | undefined;
}

export function LimitFields(props: Props) {
  const row = (resource: Resource) => <LimitRow resource={resource} {...props} />;
  return (
    <>
      <ul class={styles.modes}>
        <For each={ENVELOPE_MODES}>
          {(mode) => (
            <li>
              <b>{t(`mode.${mode}` as Key)}</b> {t(`mode.${mode}.help` as Key)}
            </li>
          )}
        </For>
      </ul>
      <div class={styles.rows}>
        <For each={MAIN}>{row}</For>
      </div>
      <details class={styles.more}>
        <summary>{t("limits.more")}</summary>
        <div class={styles.rows}>
          <For each={RESOURCES.filter((resource) => !MAIN.includes(resource))}>{row}</For>
        </div>
      </details>
    </>
  );
}

function LimitRow(props: Props & { resource: Resource }) {
  const id = () => `limit-${props.resource}`;
  const used = () => props.now.find((row) => row.resource === props.resource)?.used ?? 0;
  const error = () => props.errors?.(props.resource);
  return (
    <div class={styles.row} data-mode={props.modes[props.resource]}>
      <label for={id()} class={styles.name}>
        {resourceName(props.resource)}
        <Show when={used() > 0}>
          <span class="small quiet">{t("limits.inUse", { amount: amount(props.resource, used()) })}</span>
        </Show>
      </label>
      <select
        class={styles.control}
        aria-label={t("limits.mode", { resource: resourceName(props.resource) })}
        onChange={(event) => props.onMode(props.resource, event.currentTarget.value as EnvelopeMode)}
      >
        <For each={ENVELOPE_MODES}>
          {(mode) => (
            <option value={mode} selected={mode === props.modes[props.resource]}>
              {t(`mode.${mode}` as Key)}
            </option>
          )}
        </For>
      </select>
      <span class={styles.number}>
        <input
          id={id()}
          name={props.resource}
          class={`${styles.control} figures`}
          type="number"
          inputmode="numeric"
          min={0}
          step={1}
          disabled={props.modes[props.resource] !== "carve"}
          placeholder={props.modes[props.resource] === "carve" ? "0" : "–"}
          value={props.modes[props.resource] === "carve" ? (props.values[props.resource] ?? "") : ""}
          aria-invalid={error() ? "true" : undefined}
          aria-describedby={error() ? `${id()}-error` : undefined}
          onInput={(event) => {
            const typed = event.currentTarget.valueAsNumber;
            props.onValue(props.resource, Number.isFinite(typed) ? Math.round(typed) : null);
          }}
        />
        <Show when={UNITS[props.resource]}>
          <span class={styles.unit} aria-hidden="true">
            {UNITS[props.resource]}
          </span>
        </Show>
      </span>
      <Show when={error()}>
        <p id={`${id()}-error`} class={styles.error}>
          {error()}
        </p>
      </Show>
    </div>
  );
}

export const UNITS: Partial<Record<Resource, string>> = { memoryMiB: "MiB", diskGiB: "GiB", backupGiB: "GiB" };
