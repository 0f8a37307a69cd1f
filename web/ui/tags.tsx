// A field of short words: each is a chip with a button that takes it off; Enter, comma or space ends the one being typed.
import X from "lucide-solid/icons/x";
import { createSignal, For } from "solid-js";
import { t } from "../i18n/language.ts";
import { FieldFrame } from "./field.tsx";
import styles from "./tags.module.css";

interface TagFieldProps {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  optional?: boolean;
  disabled?: boolean;
  tags: readonly string[];
  onTags: (tags: string[]) => void;
}

export function TagField(props: TagFieldProps) {
  const [typed, setTyped] = createSignal("");
  let input!: HTMLInputElement;

  function take() {
    const words = wordsOf(typed());
    setTyped("");
    const fresh = words.filter((word) => !props.tags.includes(word));
    if (fresh.length > 0) props.onTags([...props.tags, ...fresh]);
  }

  function onKey(event: KeyboardEvent) {
    if ((event.key === "Enter" && typed() !== "") || event.key === "," || event.key === " ") {
      event.preventDefault();
      take();
    } else if (event.key === "Backspace" && typed() === "" && props.tags.length > 0) {
      props.onTags(props.tags.slice(0, -1));
    }
  }

  return (
    <FieldFrame label={props.label} hint={props.hint} error={props.error} optional={props.optional ?? false}>
      {(ids) => (
        <div
          class={styles.box}
          data-disabled={props.disabled}
          data-invalid={props.error !== undefined}
          onClick={(event) => {
            if (event.target === event.currentTarget) input.focus();
          }}
        >
          <For each={props.tags}>
            {(tag) => (
              <span class={styles.tag}>
                {tag}
                <button
                  type="button"
                  disabled={props.disabled}
                  aria-label={t("tags.remove", { tag })}
                  onClick={() => {
                    props.onTags(props.tags.filter((other) => other !== tag));
                    input.focus();
                  }}
                >
                  <X size={12} aria-hidden="true" />
                </button>
              </span>
            )}
          </For>
          <input
            ref={(node) => (input = node)}
            {...ids()}
            name="tags"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            disabled={props.disabled}
            value={typed()}
            onInput={(event) => setTyped(event.currentTarget.value)}
            onKeyDown={onKey}
            onBlur={take}
          />
        </div>
      )}
    </FieldFrame>
  );
}

/** Words of what was typed or pasted, in small letters. */
function wordsOf(text: string): string[] {
  return [
    ...new Set(
      text
        .toLowerCase()
        .split(/[\s,;]+/)
        .filter((word) => word !== ""),
    ),
  ];
}
