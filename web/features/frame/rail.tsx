// The left rail, and on phones the bar on top and the bar at the bottom.
import { A, useNavigate } from "@solidjs/router";
import CircleUser from "lucide-solid/icons/circle-user";
import LogOut from "lucide-solid/icons/log-out";
import Menu3 from "lucide-solid/icons/ellipsis";
import PanelLeft from "lucide-solid/icons/panel-left";
import Search from "lucide-solid/icons/search";
import { createSignal, For, Show } from "solid-js";
import type { MeView } from "../../../worker/rules/views.ts";
import { api } from "../../api.ts";
import { chooseLanguage, locale, LOCALE_NAMES, LOCALES, number, t, type Key } from "../../i18n/language.ts";
import { queryClient } from "../../queries.ts";
import { IconButton } from "../../ui/button.tsx";
import { Menu, type MenuItem } from "../../ui/menu.tsx";
import { feedState } from "../feed/connection.ts";
import { launchPlace, operatorPlaces, personPlaces, tenantPlaces, type Place } from "./navigation.ts";
import { useSession } from "./session.tsx";
import { TenantSwitcher } from "./switcher.tsx";
import { chooseTheme, theme, THEMES } from "./theme.ts";
import styles from "./frame.module.css";

const COLLAPSED = "nubemox.rail";

export function Rail(props: { onSearch: () => void }) {
  const { me, tenant } = useSession();
  const [collapsed, setCollapsed] = createSignal(stored() === "collapsed");
  const toggle = () => {
    setCollapsed(!collapsed());
    try {
      localStorage.setItem(COLLAPSED, collapsed() ? "collapsed" : "open");
    } catch {
      // Storage is refused: the choice lasts as long as the page.
    }
  };
  return (
    <aside class={styles.rail} data-collapsed={collapsed()}>
      <TenantSwitcher />
      <button type="button" class={styles.search} onClick={() => props.onSearch()} title={t("palette.open")}>
        <Search size={16} aria-hidden="true" />
        <span class={styles.word}>{t("palette.open")}</span>
        <kbd class={styles.word} aria-hidden="true">
          {SHORTCUT}
        </kbd>
      </button>
      <nav class={styles.nav} aria-label={t("nav.main")}>
        <Show when={tenant()}>{(current) => <Places places={tenantPlaces(current())} />}</Show>
        <Show when={operatorPlaces(me()).length > 0}>
          <p class={styles.heading}>
            <span class={styles.word}>{t("nav.platform")}</span>
          </p>
          <Places places={operatorPlaces(me())} />
        </Show>
      </nav>
      <div class={styles.foot}>
        <FeedMark />
        <UserMenu />
        <IconButton
          icon={PanelLeft}
          label={collapsed() ? t("frame.expand") : t("frame.collapse")}
          aria-expanded={!collapsed()}
          onClick={toggle}
        />
      </div>
    </aside>
  );
}

/** On phones: whose portal this is, search, the person. */
export function TopBar(props: { onSearch: () => void }) {
  return (
    <header class={styles.top}>
      <TenantSwitcher />
      <FeedMark />
      <IconButton icon={Search} label={t("palette.open")} onClick={() => props.onSearch()} />
    </header>
  );
}

/** As many as fit beside the menu of the rest. */
const OPERATOR_TABS = 4;

/** On phones: the pages used most, the rest behind a menu. */
export function BottomBar() {
  const { me, tenant } = useSession();
  const places = (): Place[] => {
    const current = tenant();
    if (!current) return operatorPlaces(me()).slice(0, OPERATOR_TABS);
    const [overview, services, activity] = tenantPlaces(current);
    return [overview, services, launchPlace(current), activity].filter((place): place is Place => Boolean(place));
  };
  const more = (): MenuItem[] => {
    const current = tenant();
    const rest = current
      ? [...tenantPlaces(current).slice(3), ...operatorPlaces(me())]
      : operatorPlaces(me()).slice(OPERATOR_TABS);
    return rest.map(({ label, href, icon }) => ({ label, href, icon }));
  };
  return (
    <nav class={styles.bottom} aria-label={t("nav.main")}>
      <For each={places()}>
        {(place) => (
          <A href={place.href} end={place.exact ?? false} activeClass={styles.here ?? ""} class={styles.tab}>
            {place.icon({ size: 20, "aria-hidden": "true" })}
            <span>{place.label}</span>
          </A>
        )}
      </For>
      <Menu buttonClass={styles.tab} groups={[{ items: more() }, ...personGroups(me(), useNavigate())]}>
        <Menu3 size={20} aria-hidden="true" />
        <span>{t("nav.more")}</span>
      </Menu>
    </nav>
  );
}

function Places(props: { places: Place[] }) {
  return (
    <ul>
      <For each={props.places}>
        {(place) => (
          <li>
            <A
              href={place.href}
              end={place.exact ?? false}
              activeClass={styles.here ?? ""}
              class={styles.link}
              title={place.label}
            >
              {place.icon({ size: 16, "aria-hidden": "true" })}
              <span class={styles.word}>{place.label}</span>
              <Show when={place.count}>
                {(count) => (
                  <span class={styles.count}>
                    {number(count())}
                    <span class="visually-hidden"> {t("requests.open")}</span>
                  </span>
                )}
              </Show>
            </A>
          </li>
        )}
      </For>
    </ul>
  );
}

function UserMenu() {
  const { me } = useSession();
  return (
    <Menu buttonClass={styles.user} groups={personGroups(me(), useNavigate())}>
      <CircleUser size={18} aria-hidden="true" />
      <span class="visually-hidden">{t("frame.account")}</span>
      <span class={`${styles.word} ${styles.userName}`}>{me().user.name}</span>
    </Menu>
  );
}

function personGroups(me: MeView, navigate: (to: string) => void): { title?: string; items: MenuItem[] }[] {
  return [
    {
      title: t("theme.title"),
      items: THEMES.map((choice) => ({
        label: t(`theme.${choice}` as Key),
        chosen: theme() === choice,
        onSelect: () => chooseTheme(choice),
      })),
    },
    {
      title: t("language.title"),
      items: LOCALES.map((choice) => ({
        label: LOCALE_NAMES[choice],
        chosen: locale() === choice,
        onSelect: () => void chooseLanguage(choice),
      })),
    },
    {
      title: me.user.email,
      items: [
        ...personPlaces(me).map(({ label, href, icon }) => ({ label, href, icon })),
        {
          label: t("account.signOut"),
          icon: LogOut,
          onSelect: async () => {
            await api.signOut().catch(() => undefined);
            queryClient.clear();
            navigate("/sign-in");
          },
        },
      ],
    },
  ];
}

/** A quiet word while changes do not arrive by themselves. */
function FeedMark() {
  return (
    <Show when={feedState() === "down"}>
      <span class={styles.feed} role="status" title={t("feed.help")}>
        <span class={styles.feedDot} aria-hidden="true" />
        <span class={styles.word}>{t("feed.reconnecting")}</span>
      </span>
    </Show>
  );
}

const SHORTCUT = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘ K" : "Ctrl K";

function stored(): string | null {
  try {
    return localStorage.getItem(COLLAPSED);
  } catch {
    return null;
  }
}
