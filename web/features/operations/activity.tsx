// The page of everything that was done in a tenant lately: what is under way, what failed, found by name and person.
import { createSignal, Show } from "solid-js";
import type { OperationView } from "../../../worker/rules/views.ts";
import { t, type Key } from "../../i18n/language.ts";
import { operationTitle } from "../../i18n/words.ts";
import { useOperations } from "../../queries.ts";
import { Load } from "../../ui/load.tsx";
import { Page } from "../../ui/page.tsx";
import { plain } from "../../ui/plain.ts";
import { Segments } from "../../ui/segments.tsx";
import { hasEnded } from "../feed/merge.ts";
import { useTenant } from "../frame/session.tsx";
import finder from "../services/many.module.css";
import { OperationList } from "./list.tsx";

const STAGES = ["all", "current", "failed"] as const;
type Stage = (typeof STAGES)[number];

export default function Activity() {
  const { id } = useTenant();
  const operations = useOperations(id);
  const [text, setText] = createSignal("");
  const [stage, setStage] = createSignal<Stage>("all");
  const isShown = (operation: OperationView) => {
    if (stage() === "current" && hasEnded(operation)) return false;
    if (stage() === "failed" && operation.status !== "failed" && operation.status !== "reverted") return false;
    return plain(`${operationTitle(operation)} ${operation.actor}`).includes(plain(text().trim()));
  };
  return (
    <Page title={t("nav.activity")}>
      <div class="card">
        <Load query={operations}>
          {(data) => {
            const shown = () => runningFirst(data().operations.filter(isShown));
            return (
              <>
                <Show when={data().operations.length > 0}>
                  <div class={finder.finder}>
                    <input
                      type="search"
                      aria-label={t("activity.find")}
                      placeholder={t("activity.find")}
                      value={text()}
                      onInput={(event) => setText(event.currentTarget.value)}
                    />
                    <Segments
                      label={t("services.column.status")}
                      value={stage()}
                      onValue={setStage}
                      options={STAGES.map((value) => ({ value, label: t(`activity.stage.${value}` as Key) }))}
                    />
                  </div>
                </Show>
                <Show
                  when={shown().length > 0 || data().operations.length === 0}
                  fallback={<p class={finder.nothing}>{t("copies.nothingFound")}</p>}
                >
                  <OperationList operations={shown()} tenantId={id()} />
                </Show>
              </>
            );
          }}
        </Load>
      </div>
    </Page>
  );
}

/** What is under way stands before what has ended; both keep their order. */
function runningFirst(operations: readonly OperationView[]): OperationView[] {
  return operations.toSorted((a, b) => Number(hasEnded(a)) - Number(hasEnded(b)));
}
