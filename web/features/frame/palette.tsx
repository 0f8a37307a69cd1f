// The command palette: type a few letters to reach a page, a service, or something that can be done to a service.
import { useNavigate } from "@solidjs/router";
import CornerDownLeft from "lucide-solid/icons/corner-down-left";
import Languages from "lucide-solid/icons/languages";
import Server from "lucide-solid/icons/server";
import SunMoon from "lucide-solid/icons/sun-moon";
import { createEffect, createMemo, createSignal, For, on, onMount, Show } from "solid-js";
import { chooseLanguage, LOCALE_NAMES, LOCALES, t, type Key } from "../../i18n/language.ts";
import { serviceStatus } from "../../i18n/words.ts";
import { useServices } from "../../queries.ts";
import type { Icon } from "../../ui/button.tsx";
import { actionIcons, actionName, possibleActions, useServiceActions } from "../services/actions.tsx";
import { launchPlace, operatorPlaces, personPlaces, tenantPlaces } from "./navigation.ts";
import { rank } from "./rank.ts";
import { useSession, type Tenant } from "./session.tsx";
import { chooseTheme, THEMES } from "./theme.ts";
import styles from "./palette.module.css";

interface Command {
  label: string;
  hint: string;
  icon: Icon;
  run: () => void;
}

/** As many as fit without scrolling on a small screen. */
const MOST_SHOWN = 9;

/** What is in the palette's window; made anew each time it opens. */
export default function Palette(props: { onClose: () => void }) {
  const { tenant } = useSession();
  return (
    <Show when={tenant()} fallback={<List {...props} more={() => []} />}>
      {(current) => <WithServices {...props} tenant={current()} />}
    </Show>
  );
}

function WithServices(props: { onClose: () => void; tenant: Tenant }) {
  const navigate = useNavigate();
  const services = useServices(() => props.tenant.id);
  const actions = useServiceActions(() => props.tenant);
  const commands = (): Command[] =>
    (services.data?.services ?? []).flatMap((service) => [
      {
        label: service.name,
        hint: serviceStatus(service),
        icon: Server,
        run: () => navigate(`/t/${props.tenant.id}/services/${service.id}`),
      },
      ...possibleActions(service, props.tenant).map((action) => ({
        label: `${actionName(action, service)}: ${service.name}`,
        hint: t("palette.action"),
        icon: actionIcons[action],
        run: () => actions.run(service, action),
      })),
    ]);
  return <List onClose={props.onClose} more={commands} />;
}

function List(props: { onClose: () => void; more: () => Command[] }) {
  const { me, tenant } = useSession();
  const navigate = useNavigate();
  const [text, setText] = createSignal("");
  const [at, setAt] = createSignal(0);
  let input!: HTMLInputElement;

  const all = createMemo<Command[]>(() => {
    const current = tenant();
    const launch = current ? launchPlace(current) : null;
    const places = [
      ...(launch ? [launch] : []),
      ...(current ? tenantPlaces(current) : []),
      ...operatorPlaces(me()),
      ...personPlaces(me()),
    ];
    return [
      ...places.map((place) => ({
        label: place.label,
        hint: t("palette.page"),
        icon: place.icon,
        run: () => navigate(place.href),
      })),
      ...props.more(),
      ...me()
        .tenants.filter((candidate) => candidate.id !== current?.id)
        .map((candidate) => ({
          label: candidate.name,
          hint: t("palette.tenant"),
          icon: Server,
          run: () => navigate(`/t/${candidate.id}`),
        })),
      ...THEMES.map((choice) => ({
        label: `${t("theme.title")}: ${t(`theme.${choice}` as Key)}`,
        hint: t("palette.setting"),
        icon: SunMoon,
        run: () => chooseTheme(choice),
      })),
      ...LOCALES.map((choice) => ({
        label: `${t("language.title")}: ${LOCALE_NAMES[choice]}`,
        hint: t("palette.setting"),
        icon: Languages,
        run: () => void chooseLanguage(choice),
      })),
    ];
  });
  const found = createMemo(() => rank(text(), all(), (command) => command.label).slice(0, MOST_SHOWN));

  onMount(() => input.focus());
  createEffect(on(text, () => setAt(0), { defer: true }));

  const choose = (command: Command | undefined) => {
    if (!command) return;
    props.onClose();
    command.run();
  };
  const onKey = (event: KeyboardEvent) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter") choose(found()[at()]);
    if (move === undefined || found().length === 0) return;
    event.preventDefault();
    setAt((at() + move + found().length) % found().length);
  };

  return (
    <>
      <input
        ref={input}
        class={styles.input}
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found().length > 0 ? `palette-${at()}` : undefined}
        aria-label={t("palette.title")}
        placeholder={t("palette.placeholder")}
        value={text()}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKey}
      />
      <ul id="palette-list" role="listbox" aria-label={t("palette.results")} class={styles.list}>
        <For each={found()}>
          {(command, index) => (
            <li
              id={`palette-${index()}`}
              role="option"
              aria-selected={index() === at()}
              class={styles.row}
              onMouseMove={() => setAt(index())}
              onClick={() => choose(command)}
            >
              {command.icon({ size: 16, "aria-hidden": "true" })}
              <span class={styles.label}>{command.label}</span>
              <span class={styles.hint}>{command.hint}</span>
              <CornerDownLeft size={14} aria-hidden="true" class={styles.enter} />
            </li>
          )}
        </For>
      </ul>
      <Show when={found().length === 0}>
        <p class={styles.none}>{t("palette.none")}</p>
      </Show>
    </>
  );
}
