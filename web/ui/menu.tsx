// A button with a menu on the native popover: arrow keys walk it, Escape and a click elsewhere close it.
import { A } from "@solidjs/router";
import Check from "lucide-solid/icons/check";
import { createSignal, createUniqueId, For, Show, type JSX } from "solid-js";
import { iconButton, type Icon } from "./button.tsx";
import { plain } from "./plain.ts";
import styles from "./menu.module.css";

export interface MenuItem {
  label: string;
  icon?: Icon;
  href?: string;
  onSelect?: () => void;
  danger?: boolean;
  /** Shown with a mark where true; false for the others of the same choice. */
  chosen?: boolean;
  disabled?: boolean;
  hint?: string;
}

interface MenuProps {
  /** What is on the button. */
  children: JSX.Element;
  /** Accessible name of the button, where its content does not say it. */
  label?: string | undefined;
  /** Look of the button, where it is more than an icon. */
  buttonClass?: string | undefined;
  groups: { title?: string; items: MenuItem[] }[];
  /** Words of a field that narrows the items down by what is typed; without them there is no field. */
  search?: string | undefined;
}

export function Menu(props: MenuProps) {
  const id = createUniqueId();
  const [open, setOpen] = createSignal(false);
  const [typed, setTyped] = createSignal("");
  const shown = () =>
    props.groups
      .map((group) => ({
        ...group,
        items: group.items.filter((item) => plain(item.label).includes(plain(typed().trim()))),
      }))
      .filter((group) => group.items.length > 0);
  let button!: HTMLButtonElement;
  let list!: HTMLDivElement;

  function place() {
    const anchor = button.getBoundingClientRect();
    const room = 8;
    const left = Math.max(room, Math.min(anchor.left, innerWidth - list.offsetWidth - room));
    const below = anchor.bottom + 4;
    const top =
      below + list.offsetHeight > innerHeight - room ? Math.max(room, anchor.top - list.offsetHeight - 4) : below;
    list.style.left = `${anchor.right - list.offsetWidth > left && anchor.left > innerWidth / 2 ? anchor.right - list.offsetWidth : left}px`;
    list.style.top = `${top}px`;
  }

  function walk(event: KeyboardEvent) {
    if (event.target instanceof HTMLInputElement && (event.key === "Home" || event.key === "End")) return;
    const items = [...list.querySelectorAll<HTMLElement>("[role^=menuitem]:not([aria-disabled=true])")];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: Math.max(at, 0) - 1, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Tab") list.hidePopover();
    if (next === undefined) return;
    event.preventDefault();
    items.at(next % items.length)?.focus();
  }

  return (
    <>
      <button
        ref={(node) => (button = node)}
        type="button"
        class={props.buttonClass ?? iconButton}
        aria-label={props.label}
        title={props.label}
        aria-haspopup="menu"
        aria-expanded={open()}
        popovertarget={id}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" || open()) return;
          event.preventDefault();
          list.showPopover();
        }}
      >
        {props.children}
      </button>
      <div
        ref={(node) => (list = node)}
        id={id}
        popover="auto"
        class={styles.menu}
        onKeyDown={walk}
        onToggle={(event) => {
          setOpen(event.newState === "open");
          if (event.newState !== "open") return;
          place();
          setTyped("");
          list.querySelector<HTMLElement>("input, [role^=menuitem]")?.focus();
        }}
      >
        <Show when={open()}>
          <Show when={props.search}>
            <input
              type="search"
              class={styles.search}
              aria-label={props.search}
              placeholder={props.search}
              value={typed()}
              onInput={(event) => setTyped(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key === "Enter") list.querySelector<HTMLElement>("[role^=menuitem]")?.click();
              }}
            />
          </Show>
          <div role="menu" aria-label={props.label}>
            <For each={shown()}>
              {(group) => (
                <div role="group" aria-label={group.title} class={styles.group}>
                  <Show when={group.title}>
                    <div class={styles.title} aria-hidden="true">
                      {group.title}
                    </div>
                  </Show>
                  <For each={group.items}>
                    {(item) => (
                      <Item
                        item={item}
                        onDone={() => {
                          list.hidePopover();
                          item.onSelect?.();
                        }}
                      />
                    )}
                  </For>
                </div>
              )}
            </For>
          </div>
        </Show>
      </div>
    </>
  );
}

function Item(props: { item: MenuItem; onDone: () => void }) {
  const content = () => (
    <>
      <span class={styles.glyph}>
        <Show
          when={props.item.icon}
          fallback={<Show when={props.item.chosen}>{Check({ size: 16, "aria-hidden": "true" })}</Show>}
        >
          {(icon) => icon()({ size: 16, "aria-hidden": "true" })}
        </Show>
      </span>
      <span class={styles.label}>{props.item.label}</span>
      <Show when={props.item.hint}>
        <span class={styles.hint}>{props.item.hint}</span>
      </Show>
    </>
  );
  const look = () => `${styles.item} ${props.item.danger ? styles.danger : ""}`;
  return (
    <Show
      when={props.item.href}
      fallback={
        <button
          type="button"
          role={props.item.chosen === undefined ? "menuitem" : "menuitemradio"}
          aria-checked={props.item.chosen}
          aria-disabled={props.item.disabled}
          tabIndex={-1}
          class={look()}
          onClick={() => {
            if (!props.item.disabled) props.onDone();
          }}
        >
          {content()}
        </button>
      }
    >
      {(href) => (
        <A
          href={href()}
          role={props.item.chosen === undefined ? "menuitem" : "menuitemradio"}
          aria-checked={props.item.chosen}
          tabIndex={-1}
          class={look()}
          onClick={() => props.onDone()}
        >
          {content()}
        </A>
      )}
    </Show>
  );
}
