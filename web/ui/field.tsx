// Labelled controls with a hint and an error that assistive technology reads together.
import Eye from "lucide-solid/icons/eye";
import EyeOff from "lucide-solid/icons/eye-off";
import { createSignal, createUniqueId, Show, splitProps, type JSX } from "solid-js";
import { t } from "../i18n/language.ts";
import styles from "./field.module.css";
import { IconButton } from "./button.tsx";

interface Shared {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  optional?: boolean;
}

type TextProps = Shared & {
  value: string;
  onValue: (value: string) => void;
  mono?: boolean;
} & Omit<JSX.InputHTMLAttributes<HTMLInputElement>, "onInput" | "value">;

/** One line of text; a password gets a button that shows it. */
export function TextField(props: TextProps) {
  const [own, rest] = splitProps(props, ["label", "hint", "error", "optional", "value", "onValue", "mono", "type"]);
  const [shown, setShown] = createSignal(false);
  return (
    <FieldFrame {...own}>
      {(ids) => (
        <div class={styles.box}>
          <input
            {...rest}
            {...ids()}
            class={`${styles.control} ${own.mono ? "mono" : ""} ${own.type === "password" ? styles.withButton : ""}`}
            type={own.type === "password" && shown() ? "text" : (own.type ?? "text")}
            value={own.value}
            onInput={(event) => own.onValue(event.currentTarget.value)}
          />
          <Show when={own.type === "password"}>
            <IconButton
              class={styles.inside}
              icon={shown() ? EyeOff : Eye}
              label={shown() ? t("form.hidePassword") : t("form.showPassword")}
              aria-pressed={shown()}
              onClick={() => setShown(!shown())}
            />
          </Show>
        </div>
      )}
    </FieldFrame>
  );
}

type AreaProps = Shared & {
  value: string;
  onValue: (value: string) => void;
  /** For sentences instead of keys and code. */
  prose?: boolean;
} & Omit<JSX.TextareaHTMLAttributes<HTMLTextAreaElement>, "onInput" | "value">;

/** Several lines of text. */
export function AreaField(props: AreaProps) {
  const [own, rest] = splitProps(props, ["label", "hint", "error", "optional", "value", "onValue", "prose"]);
  return (
    <FieldFrame {...own}>
      {(ids) => (
        <textarea
          {...rest}
          {...ids()}
          class={`${styles.control} ${styles.area} ${own.prose ? styles.prose : "mono"}`}
          value={own.value}
          onInput={(event) => own.onValue(event.currentTarget.value)}
        />
      )}
    </FieldFrame>
  );
}

type NumberProps = Shared & {
  value: number | null;
  onValue: (value: number | null) => void;
  unit?: string;
} & Omit<JSX.InputHTMLAttributes<HTMLInputElement>, "onInput" | "value" | "type">;

/** A whole number, null while empty. */
export function NumberField(props: NumberProps) {
  const [own, rest] = splitProps(props, ["label", "hint", "error", "optional", "value", "onValue", "unit"]);
  return (
    <FieldFrame {...own}>
      {(ids) => (
        <div class={styles.box}>
          <input
            {...rest}
            {...ids()}
            class={`${styles.control} figures`}
            type="number"
            inputmode="numeric"
            step={rest.step ?? 1}
            value={own.value ?? ""}
            onInput={(event) => {
              const typed = event.currentTarget.valueAsNumber;
              own.onValue(Number.isFinite(typed) ? Math.round(typed) : null);
            }}
          />
          <Show when={own.unit}>
            <span class={styles.unit} aria-hidden="true">
              {own.unit}
            </span>
          </Show>
        </div>
      )}
    </FieldFrame>
  );
}

type SelectProps = Shared & {
  value: string;
  onValue: (value: string) => void;
  options: { value: string; label: string }[];
};

/** A choice out of few. */
export function SelectField(props: SelectProps) {
  return (
    <FieldFrame {...props}>
      {(ids) => (
        <select {...ids()} class={styles.control} onChange={(event) => props.onValue(event.currentTarget.value)}>
          {props.options.map((option) => (
            <option value={option.value} selected={option.value === props.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </FieldFrame>
  );
}

interface CheckProps {
  label: string;
  hint?: string;
  name?: string;
  checked: boolean;
  onChecked: (checked: boolean) => void;
}

/** Yes or no. */
export function CheckField(props: CheckProps) {
  const id = createUniqueId();
  return (
    <div class={styles.check}>
      <input
        type="checkbox"
        id={id}
        name={props.name}
        aria-describedby={props.hint ? `${id}-hint` : undefined}
        checked={props.checked}
        onChange={(event) => props.onChecked(event.currentTarget.checked)}
      />
      <label for={id}>{props.label}</label>
      <Show when={props.hint}>
        <p id={`${id}-hint`} class={styles.hint}>
          {props.hint}
        </p>
      </Show>
    </div>
  );
}

interface Ids {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": "true" | undefined;
}

/** Label, hint and error around a control; the ids tie them together. */
export function FieldFrame(props: Shared & { children: (ids: () => Ids) => JSX.Element }) {
  const id = createUniqueId();
  const ids = (): Ids => ({
    id,
    "aria-describedby": props.error ? `${id}-error` : props.hint ? `${id}-hint` : undefined,
    "aria-invalid": props.error ? "true" : undefined,
  });
  return (
    <div class={styles.field}>
      <label for={id} class={styles.label}>
        {props.label}
        <Show when={props.optional}>
          <span class={styles.optional}>{t("form.optional")}</span>
        </Show>
      </label>
      {props.children(ids)}
      <Show
        when={props.error}
        fallback={
          <Show when={props.hint}>
            <p id={`${id}-hint`} class={styles.hint}>
              {props.hint}
            </p>
          </Show>
        }
      >
        <p id={`${id}-error`} class={styles.error}>
          {props.error}
        </p>
      </Show>
    </div>
  );
}
