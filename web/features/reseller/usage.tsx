// What everything below uses, resource by resource: a table to sort, and the same as a file.
import { A } from "@solidjs/router";
import ArrowDown from "lucide-solid/icons/arrow-down";
import ArrowUp from "lucide-solid/icons/arrow-up";
import ChartNoAxesColumn from "lucide-solid/icons/chart-no-axes-column";
import Download from "lucide-solid/icons/download";
import { createMemo, createSignal, For, Show } from "solid-js";
import type { TreeNodeView } from "../../../worker/rules/views-tree.ts";
import type { Resource } from "../../../worker/rules/views.ts";
import { percent, t, type Key } from "../../i18n/language.ts";
import { amount, resourceName } from "../../i18n/words.ts";
import { Button } from "../../ui/button.tsx";
import { Load } from "../../ui/load.tsx";
import { Empty, Page, Skeleton } from "../../ui/page.tsx";
import { useAbove, useOwnQuota, useTree } from "./above.ts";
import { sorted, usageCsv, usageRows, usedResources, type SortKey, type UsageRow } from "./usage.ts";
import styles from "./usage.module.css";

export default function Usage() {
  const above = useAbove();
  const tree = useTree(above.id);
  return (
    <Load
      query={tree}
      skeleton={<Skeleton rows={6} />}
      frame={(title, inner) => <Page title={title === "…" ? t("nav.usage") : title}>{inner}</Page>}
    >
      {(data) => <UsagePage nodes={data().nodes} />}
    </Load>
  );
}

function UsagePage(props: { nodes: readonly TreeNodeView[] }) {
  const above = useAbove();
  const quota = useOwnQuota(above);
  const [order, setOrder] = createSignal<{ key: SortKey; isUp: boolean }>({ key: "name", isUp: true });
  const all = createMemo(() => usageRows(props.nodes, quota.rows()));
  const resources = createMemo(() => usedResources(all()));
  const rows = createMemo(() => sorted(all(), order().key, order().isUp));
  const sortBy = (key: SortKey) =>
    setOrder((before) => ({ key, isUp: before.key === key ? !before.isUp : key === "name" }));

  const save = () => {
    const address = URL.createObjectURL(new Blob([usageCsv(rows(), resources())], { type: "text/csv" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = "usage.csv";
    link.click();
    URL.revokeObjectURL(address);
  };

  const head = (key: SortKey, words: string) => (
    <th scope="col" aria-sort={order().key === key ? (order().isUp ? "ascending" : "descending") : undefined}>
      <button type="button" onClick={() => sortBy(key)}>
        {words}
        <Show when={order().key === key}>
          <Show when={order().isUp} fallback={<ArrowDown size={14} aria-hidden="true" />}>
            <ArrowUp size={14} aria-hidden="true" />
          </Show>
        </Show>
      </button>
    </th>
  );

  return (
    <Page
      title={t("nav.usage")}
      actions={
        <Show when={rows().length > 0}>
          <Button icon={Download} onClick={save}>
            {t("usage.csv")}
          </Button>
        </Show>
      }
    >
      <Show
        when={rows().length > 0}
        fallback={
          <div class="card">
            <Empty
              icon={<ChartNoAxesColumn size={22} />}
              title={t("usage.none")}
              text={t("usage.noneText")}
              action={<A href={`${above.base()}/tenants`}>{t("usage.toTenants")}</A>}
            />
          </div>
        }
      >
        <p class="quiet">{t("usage.help")}</p>
        <div class={`card ${styles.scroll}`} tabIndex={0} role="region" aria-label={t("nav.usage")}>
          <table class={styles.table}>
            <thead>
              <tr>
                {head("name", t("tenants.column.name"))}
                <For each={resources()}>{(resource) => head(resource, resourceName(resource))}</For>
              </tr>
            </thead>
            <tbody>
              <For each={rows()}>
                {(row) => (
                  <tr data-tenant-id={row.node.id}>
                    <th scope="row">
                      <A href={`${above.base()}/tenants/${row.node.id}`}>{row.node.name}</A>
                      <span class="small quiet">
                        {row.below ? t("tenants.below", { name: row.below }) : t(`kind.${row.node.kind}` as Key)}
                      </span>
                    </th>
                    <For each={resources()}>{(resource) => <Cell resource={resource} row={row} />}</For>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </div>
      </Show>
    </Page>
  );
}

function Cell(props: { resource: Resource; row: UsageRow }) {
  const mode = () => props.row.node.envelopes.find((row) => row.resource === props.resource)?.mode ?? "share";
  return (
    <td class="figures">
      <Show
        when={props.row.cells[props.resource]}
        fallback={<span class="small quiet">{t(`mode.${mode()}.short` as Key)}</span>}
      >
        {(cell) => (
          <>
            <span>
              <b>{amount(props.resource, cell().used)}</b>
              <span class="quiet"> / {amount(props.resource, cell().limit)}</span>
            </span>
            <Show when={cell().share !== null}>
              <span class="small quiet">{t("usage.share", { share: percent(cell().share ?? 0) })}</span>
            </Show>
          </>
        )}
      </Show>
    </td>
  );
}
