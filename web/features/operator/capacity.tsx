// What the platform has, how far it is overcommitted, and what of it is handed out.
import { createEffect, on, For } from "solid-js";
import { createStore } from "solid-js/store";
import { limitOfCapacity } from "../../../worker/rules/quota.ts";
import type { CapacityView } from "../../../worker/rules/views-tree.ts";
import type { Problem, Resource } from "../../../worker/rules/views.ts";
import { capacityApi } from "../../api-tree.ts";
import { PLATFORM } from "../../api-people.ts";
import { problemOf } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { resourceName } from "../../i18n/words.ts";
import { keys, queryClient } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { Load } from "../../ui/load.tsx";
import { QuotaMeter } from "../../ui/meter.tsx";
import { Page, Section, Skeleton } from "../../ui/page.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { showToast } from "../../ui/toast.tsx";
import { useData } from "../../use-data.ts";
import { createSignal } from "solid-js";
import { UNITS } from "../reseller/limit-fields.tsx";
import styles from "./capacity.module.css";

type Row = CapacityView["resources"][number];

export default function Capacity() {
  const capacity = useData(() => ({ queryKey: keys.capacity, queryFn: capacityApi.capacity }));
  return (
    <Page title={t("nav.capacity")}>
      <p class="quiet">{t("capacity.help")}</p>
      <Section title={t("capacity.title")}>
        <Load query={capacity} skeleton={<Skeleton rows={8} />}>
          {(data) => <Form rows={data().resources} />}
        </Load>
      </Section>
    </Page>
  );
}

function Form(props: { rows: readonly Row[] }) {
  const first = () => Object.fromEntries(props.rows.map((row) => [row.resource, { ...row }])) as Record<Resource, Row>;
  const [typed, setTyped] = createStore(first());
  const [busy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal<Problem | null>(null);
  createEffect(
    on(
      () => props.rows,
      () => setTyped(first()),
      { defer: true },
    ),
  );
  const limitOf = (resource: Resource) => limitOfCapacity(typed[resource].physical, typed[resource].ratioPercent);
  const changed = () =>
    props.rows.filter(
      (row) => typed[row.resource].physical !== row.physical || typed[row.resource].ratioPercent !== row.ratioPercent,
    );

  async function save(event: SubmitEvent) {
    event.preventDefault();
    if (busy()) return;
    setBusy(true);
    setProblem(null);
    try {
      const resources = props.rows.map(({ resource }) => ({
        resource,
        physical: typed[resource].physical,
        ratioPercent: typed[resource].ratioPercent,
      }));
      await capacityApi.saveCapacity({ resources });
      showToast({ tone: "good", text: t("capacity.saved") });
      void queryClient.invalidateQueries({ queryKey: keys.capacity });
      void queryClient.invalidateQueries({ queryKey: keys.tenant(PLATFORM) });
    } catch (thrown) {
      setProblem(problemOf(thrown));
    } finally {
      setBusy(false);
    }
  }

  const number = (row: Row, part: "physical" | "ratioPercent", unit: string) => (
    <label class={styles.number}>
      <span>{t(part === "physical" ? "capacity.physical" : "capacity.ratio")}</span>
      <span class={styles.box}>
        <input
          type="number"
          inputmode="numeric"
          class="figures"
          name={`${row.resource}-${part}`}
          aria-label={`${resourceName(row.resource)}: ${t(part === "physical" ? "capacity.physical" : "capacity.ratio")}`}
          min={part === "physical" ? 0 : 1}
          step={1}
          value={typed[row.resource][part]}
          onInput={(event) => {
            const value = event.currentTarget.valueAsNumber;
            setTyped(row.resource, part, Number.isFinite(value) ? Math.max(0, Math.round(value)) : 0);
          }}
        />
        <span class={styles.unit} aria-hidden="true">
          {unit}
        </span>
      </span>
    </label>
  );

  return (
    <form class={styles.form} novalidate onSubmit={save}>
      <ul>
        <For each={props.rows}>
          {(row) => (
            <li class={styles.row} data-resource={row.resource}>
              {number(row, "physical", UNITS[row.resource] ?? "")}
              {number(row, "ratioPercent", "%")}
              <QuotaMeter resource={row.resource} used={row.used} limit={limitOf(row.resource)} />
            </li>
          )}
        </For>
      </ul>
      <ProblemNote problem={problem()} />
      <div>
        <Button type="submit" variant="primary" busy={busy()} disabled={changed().length === 0}>
          {t("action.save")}
        </Button>
      </div>
    </form>
  );
}
