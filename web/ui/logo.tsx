// The logos: the portal's own mark or that of the reseller's front, and those drawn for templates.
import { Match, Show, Switch } from "solid-js";
import { brand } from "../brand/front.ts";
import styles from "./logo.module.css";

/** The mark of the front: the reseller's logo, or the portal's own mark. */
export function BrandMark(props: { size?: number }) {
  return <LogoMark logo={brand().logo} size={props.size} />;
}

/** A logo as it would stand there. */
export function LogoMark(props: { logo: string | null; size?: number | undefined }) {
  const size = () => props.size ?? 24;
  return (
    <Show
      when={props.logo}
      fallback={
        <svg viewBox="0 0 32 32" width={size()} height={size()} class={styles.brand} aria-hidden="true">
          <rect width="32" height="32" rx="8" fill="currentColor" />
          <path d="M9 22V10l14 12V10" class={styles.stroke} />
        </svg>
      }
    >
      {(address) => <img src={address()} alt="" width={size()} height={size()} class={styles.given} />}
    </Show>
  );
}

/** Logo of a template; names that are not drawn here get the general one. */
export function TemplateLogo(props: { name: string; small?: boolean }) {
  return (
    <span class={`${styles.logo} ${props.small ? styles.small : ""}`} data-logo={props.name} aria-hidden="true">
      <svg viewBox="0 0 24 24">
        <Switch
          fallback={
            <>
              <rect x="3.5" y="4" width="17" height="12" rx="2" />
              <path d="M8.5 20h7M12 16v4M7.5 8l2.5 2-2.5 2M12 12.5h3.5" />
            </>
          }
        >
          <Match when={props.name === "debian"}>
            <path d="M13.8 20.4c-4.6-.7-7.6-4-7.6-8.2 0-4.9 3.6-8.6 8-8.6 3.2 0 5.6 2.2 5.6 5.2 0 2.7-2.1 4.9-4.8 4.9-2.1 0-3.6-1.4-3.6-3.2 0-1.4 1-2.5 2.3-2.6" />
          </Match>
          <Match when={props.name === "ubuntu"}>
            <circle cx="12" cy="12" r="5.5" />
            <circle cx="12" cy="4.6" r="1.9" />
            <circle cx="5.6" cy="15.7" r="1.9" />
            <circle cx="18.4" cy="15.7" r="1.9" />
          </Match>
          <Match when={props.name === "alpine"}>
            <path d="M2.5 18 9 7l6.5 11M12 12l3-5 6.5 11M7 12.5l2 2 1.7-1.7" />
          </Match>
          <Match when={props.name === "web"}>
            <circle cx="12" cy="12" r="8.5" />
            <path d="M3.5 12h17M12 3.5c5 5 5 12 0 17M12 3.5c-5 5-5 12 0 17" />
          </Match>
          <Match when={props.name === "docker" || props.name === "container"}>
            <path d="M3.5 8 12 3.5 20.5 8v8L12 20.5 3.5 16zM3.5 8l8.5 4.5L20.5 8M12 12.5v8" />
          </Match>
          <Match when={props.name === "database"}>
            <ellipse cx="12" cy="6" rx="7.5" ry="2.8" />
            <path d="M4.5 6v12c0 1.5 3.4 2.8 7.5 2.8s7.5-1.3 7.5-2.8V6M4.5 12c0 1.5 3.4 2.8 7.5 2.8s7.5-1.3 7.5-2.8" />
          </Match>
          <Match when={props.name === "windows"}>
            <path d="M4 5.5 11 4.5v7H4zM13 4.2 20 3.2v8.3h-7zM4 13.5h7v6.8l-7-1zM13 13.5h7v8.2l-7-1z" />
          </Match>
        </Switch>
      </svg>
    </span>
  );
}
