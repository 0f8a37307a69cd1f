// The page of all services of a tenant: found by text and state, several ticked and powered at once.
import Rocket from "lucide-solid/icons/rocket";
import Server from "lucide-solid/icons/server";
import { createEffect, createSignal, Show } from "solid-js";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { t, type Key } from "../../i18n/language.ts";
import { useServices } from "../../queries.ts";
import { LinkButton } from "../../ui/button.tsx";
import { Load } from "../../ui/load.tsx";
import { Empty, Page } from "../../ui/page.tsx";
import { Segments } from "../../ui/segments.tsx";
import { useTenant } from "../frame/session.tsx";
import { Many } from "./many.tsx";
import styles from "./many.module.css";
import { found, STATES, type StateFilter } from "./pick.ts";
import { ServiceTable } from "./table.tsx";

export default function Services() {
  const { id, can, canChange } = useTenant();
  const services = useServices(id);
  const launch = (words: string) => (
    <Show when={canChange()}>
      <LinkButton href={`/t/${id()}/launch`} variant="primary" icon={Rocket}>
        {words}
      </LinkButton>
    </Show>
  );
  return (
    <Page title={t("nav.services")} actions={launch(t("nav.launch"))}>
      <div class="card">
        <Load query={services}>
          {(data) => (
            <Show
              when={data().services.length > 0}
              fallback={
                <Empty
                  icon={<Server size={22} />}
                  title={t("services.none")}
                  text={t("services.noneText")}
                  action={launch(t("services.launchFirst"))}
                />
              }
            >
              <Found services={data().services} mayPower={can("service.power")} />
            </Show>
          )}
        </Load>
      </div>
    </Page>
  );
}

function Found(props: { services: readonly ServiceView[]; mayPower: boolean }) {
  const [text, setText] = createSignal("");
  const [state, setState] = createSignal<StateFilter>("all");
  const [ticked, setTicked] = createSignal<ReadonlySet<string>>(new Set());
  const shown = () => found(props.services, { text: text(), state: state() });
  // What is out of sight is not acted upon.
  const picked = () => shown().filter((service) => ticked().has(service.id));
  const tick = (ids: readonly string[], on: boolean) =>
    setTicked((before) => {
      const rest = [...before].filter((id) => !ids.includes(id));
      return new Set(on ? [...rest, ...ids] : rest);
    });
  return (
    <>
      <Show when={props.services.length > 1}>
        <div class={styles.finder}>
          <Show when={props.mayPower}>
            <label class={styles.all}>
              <input
                type="checkbox"
                checked={picked().length > 0 && picked().length === shown().length}
                ref={(node) =>
                  createEffect(() => {
                    node.indeterminate = picked().length > 0 && picked().length < shown().length;
                  })
                }
                onChange={(event) =>
                  tick(
                    shown().map((service) => service.id),
                    event.currentTarget.checked,
                  )
                }
              />
              {t("services.selectAll")}
            </label>
          </Show>
          <input
            type="search"
            aria-label={t("services.find")}
            placeholder={t("services.find")}
            value={text()}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <Segments
            label={t("services.column.status")}
            value={state()}
            onValue={setState}
            options={STATES.map((value) => ({ value, label: t(`services.state.${value}` as Key) }))}
          />
        </div>
      </Show>
      <Many picked={picked()} onClear={() => setTicked(new Set<string>())} />
      <Show when={shown().length > 0} fallback={<p class={styles.nothing}>{t("copies.nothingFound")}</p>}>
        <ServiceTable
          services={shown()}
          selection={
            props.mayPower && props.services.length > 1
              ? { has: (id) => ticked().has(id), set: (id, on) => tick([id], on) }
              : undefined
          }
        />
      </Show>
    </>
  );
}
