// A choice out of two or three, side by side: native radio buttons in the look of one control.
import { createUniqueId, For, Show } from "solid-js";
import type { Icon } from "./button.tsx";
import styles from "./segments.module.css";

interface SegmentsProps<T extends string> {
  label: string;
  value: T;
  onValue: (value: T) => void;
  options: readonly { value: T; label: string; icon?: Icon }[];
}

export function Segments<T extends string>(props: SegmentsProps<T>) {
  const name = createUniqueId();
  return (
    <fieldset class={styles.segments}>
      <legend class="visually-hidden">{props.label}</legend>
      <For each={props.options}>
        {(option) => (
          <label class={styles.segment}>
            <input
              type="radio"
              class="visually-hidden"
              name={name}
              value={option.value}
              checked={props.value === option.value}
              onChange={() => props.onValue(option.value)}
            />
            <Show when={option.icon}>{(icon) => icon()({ size: 16, "aria-hidden": "true" })}</Show>
            <span>{option.label}</span>
          </label>
        )}
      </For>
    </fieldset>
  );
}
