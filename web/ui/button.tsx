// Buttons, and links that look like them, in four weights.
import { A } from "@solidjs/router";
import LoaderCircle from "lucide-solid/icons/loader-circle";
import { Show, splitProps, type Component, type JSX, type ParentProps } from "solid-js";
import styles from "./button.module.css";

export type Icon = Component<{ size?: number; "aria-hidden"?: boolean | "true" | "false"; class?: string }>;

interface Look {
  variant?: "primary" | "plain" | "quiet" | "danger";
  small?: boolean;
  icon?: Icon;
}

type ButtonProps = ParentProps<Look & { busy?: boolean } & JSX.ButtonHTMLAttributes<HTMLButtonElement>>;

/** A button; while `busy` it turns a ring and takes no clicks, but keeps the focus. */
export function Button(props: ButtonProps) {
  const [look, rest] = splitProps(props, ["variant", "small", "icon", "busy", "children", "class", "onClick"]);
  return (
    <button
      type="button"
      {...rest}
      class={`${lookClass(look)} ${look.class ?? ""}`}
      aria-busy={look.busy ? "true" : undefined}
      onClick={(event) => {
        if (look.busy) event.preventDefault();
        else if (typeof look.onClick === "function") look.onClick(event);
      }}
    >
      <Show when={look.busy} fallback={<Glyph icon={look.icon} />}>
        <LoaderCircle size={16} class="turning" aria-hidden="true" />
      </Show>
      {look.children}
    </button>
  );
}

/** A link that is the action of a page. */
export function LinkButton(props: ParentProps<Look & { href: string }>) {
  return (
    <A href={props.href} class={lookClass(props)}>
      <Glyph icon={props.icon} />
      {props.children}
    </A>
  );
}

/** Look of a button of an icon alone, for one that is made elsewhere. */
export const iconButton = styles.icon;

/** A button of an icon alone; the label is its name and its tooltip. */
export function IconButton(props: { label: string; icon: Icon } & JSX.ButtonHTMLAttributes<HTMLButtonElement>) {
  const [own, rest] = splitProps(props, ["label", "icon", "class"]);
  return (
    <button type="button" {...rest} class={`${iconButton} ${own.class ?? ""}`} aria-label={own.label} title={own.label}>
      <Glyph icon={own.icon} />
    </button>
  );
}

function Glyph(props: { icon?: Icon | undefined }) {
  return <Show when={props.icon}>{(icon) => icon()({ size: 16, "aria-hidden": "true" })}</Show>;
}

function lookClass(look: Look): string {
  return `${styles.button} ${styles[look.variant ?? "plain"]} ${look.small ? styles.small : ""}`;
}
