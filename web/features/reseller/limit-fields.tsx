// Number fields for the limits of a tenant: the four that every launch takes, the others behind a fold.
import { For } from "solid-js";
import { RESOURCES, type Resource } from "../../../worker/rules/views.ts";
import { t } from "../../i18n/language.ts";
import { resourceName } from "../../i18n/words.ts";
import { NumberField } from "../../ui/field.tsx";
import { MAIN } from "../../ui/meter.tsx";
import type { TypedLimits } from "./carve.ts";
import styles from "./reseller.module.css";

interface Props {
  values: TypedLimits;
  onValue: (resource: Resource, value: number | null) => void;
  errors?: (resource: Resource) => string | undefined;
}

export function LimitFields(props: Props) {
  const field = (resource: Resource) => (
    <NumberField
      label={resourceName(resource)}
      name={resource}
      min={0}
      {...(UNITS[resource] ? { unit: UNITS[resource] } : {})}
      placeholder={t("limits.none")}
      value={props.values[resource]}
      onValue={(value) => props.onValue(resource, value)}
      error={props.errors?.(resource)}
    />
  );
  return (
    <>
      <div class={styles.fields}>
        <For each={MAIN}>{field}</For>
      </div>
      <details class={styles.more}>
        <summary>{t("limits.more")}</summary>
        <div class={styles.fields}>
          <For each={RESOURCES.filter((resource) => !MAIN.includes(resource))}>{field}</For>
        </div>
      </details>
    </>
  );
}

const UNITS: Partial<Record<Resource, string>> = { memoryMiB: "MiB", diskGiB: "GiB", backupGiB: "GiB" };
