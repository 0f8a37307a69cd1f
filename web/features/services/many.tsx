// Power for many services at once: how many each action is possible for, and what became of every one of them.
import X from "lucide-solid/icons/x";
import { createSignal, For, Show } from "solid-js";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { api, problemOf, type PowerAction, type PowerOptions } from "../../api.ts";
import { number, t, tCount, type Key } from "../../i18n/language.ts";
import { problemWords } from "../../i18n/words.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Mark } from "../../ui/status.tsx";
import { applyAccepted } from "../feed/apply.ts";
import { useTenant } from "../frame/session.tsx";
import { actionIcons } from "./actions.tsx";
import { ask } from "./ask.ts";
import styles from "./many.module.css";
import { ableTo, FOR_MANY } from "./pick.ts";

interface Result {
  name: string;
  /** Code and words of a refusal; null where it was accepted. */
  refusal: string | null;
}

/** So many requests are under way at a time. */
const AT_ONCE = 4;

export function Many(props: { picked: readonly ServiceView[]; onClear: () => void }) {
  const { id, tenant } = useTenant();
  const [busy, setBusy] = createSignal<PowerAction | null>(null);
  const [results, setResults] = createSignal<readonly Result[]>([]);
  const refused = () => results().filter((result) => result.refusal !== null);

  function begin(action: PowerAction, services: readonly ServiceView[]) {
    if (action === "start" || action === "resume" || action === "suspend") void run(action, services);
    else ask({ action, services, go: (options) => void run(action, services, options) });
  }

  async function run(action: PowerAction, services: readonly ServiceView[], options: PowerOptions = {}) {
    if (busy()) return;
    setBusy(action);
    setResults([]);
    const waiting = [...services];
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const result = await power(next, action, options);
        setResults((all) => [...all, result]);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    setBusy(null);
  }

  async function power(service: ServiceView, action: PowerAction, options: PowerOptions): Promise<Result> {
    try {
      applyAccepted(id(), await api.power(id(), service.id, action, crypto.randomUUID(), options));
      return { name: service.name, refusal: null };
    } catch (thrown) {
      const { code, params } = problemOf(thrown);
      return { name: service.name, refusal: problemWords(code, params).what };
    }
  }

  return (
    <Show when={props.picked.length > 0 || results().length > 0}>
      <section class={styles.many} aria-label={t("services.many")}>
        <div class={styles.bar}>
          <Show when={props.picked.length > 0}>
            <b class="figures">{tCount("services.picked", props.picked.length)}</b>
          </Show>
          <For each={FOR_MANY}>
            {(action) => {
              const able = () => ableTo(props.picked, action, tenant());
              return (
                <Show when={able().length > 0}>
                  <Button
                    small
                    icon={actionIcons[action]}
                    busy={busy() === action}
                    onClick={() => begin(action, able())}
                  >
                    {t(`action.${action}` as Key)} ({number(able().length)})
                  </Button>
                </Show>
              );
            }}
          </For>
          <IconButton
            class={styles.clear}
            icon={X}
            label={t("services.unpick")}
            onClick={() => {
              setResults([]);
              props.onClear();
            }}
          />
        </div>
        <div role="status" class={styles.results}>
          <Show when={results().length > 0}>
            <p data-testid="many-results" data-accepted={results().length - refused().length}>
              {tCount("services.begun", results().length - refused().length)}
            </p>
          </Show>
          <ul>
            <For each={refused()}>
              {(result) => (
                <li class={styles.refused}>
                  <Mark shape="triangle" /> <b>{result.name}</b>: {result.refusal}
                </li>
              )}
            </For>
          </ul>
        </div>
      </section>
    </Show>
  );
}
