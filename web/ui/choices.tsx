// A choice out of few that each need a sentence: native radio buttons, one under the other.
import { createUniqueId, For, Show } from "solid-js";
import styles from "./choices.module.css";

interface ChoicesProps<T extends string> {
  label: string;
  value: T;
  onValue: (value: T) => void;
  options: readonly { value: T; label: string; text?: string | undefined }[];
}

export function Choices<T extends string>(props: ChoicesProps<T>) {
  const name = createUniqueId();
  return (
    <fieldset class={styles.choices}>
      <legend>{props.label}</legend>
      <For each={props.options}>
        {(option) => (
          <label>
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={props.value === option.value}
              onChange={() => props.onValue(option.value)}
            />
            <b>{option.label}</b>
            <Show when={option.text}>
              <span>{option.text}</span>
            </Show>
          </label>
        )}
      </For>
    </fieldset>
  );
}
