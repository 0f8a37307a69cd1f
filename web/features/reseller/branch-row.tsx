// One tenant or reseller as a row: name, state, what it uses of what it may use, and what can be done to it.
import { A } from "@solidjs/router";
import ChevronRight from "lucide-solid/icons/chevron-right";
import { For, Show } from "solid-js";
import type { TreeNodeView } from "../../../worker/rules/views-tree.ts";
import type { Resource } from "../../../worker/rules/views.ts";
import { t, tCount, type Key } from "../../i18n/language.ts";
import { amount, resourceName } from "../../i18n/words.ts";
import { MAIN } from "../../ui/meter.tsx";
import { useAbove } from "./above.ts";
import { ChildMenu } from "./child-actions.tsx";
import { TenantStatusMark } from "./tenant-status.tsx";
import type { Branch } from "./tree.ts";
import styles from "./reseller.module.css";

interface RowProps {
  branch: Branch;
  nested: boolean;
  open: boolean;
  onToggle: (open: boolean) => void;
}

export function BranchRow(props: RowProps) {
  const above = useAbove();
  const node = () => props.branch.node;
  const hasBranches = () => props.nested && props.branch.branches.length > 0;
  const href = () => `${above.base()}/tenants/${node().id}`;
  return (
    <li class={styles.row} data-tenant-id={node().id} data-status={node().status} data-depth={node().depth}>
      <div class={styles.name} style={{ "--depth": props.nested ? node().depth - 1 : 0 }}>
        <Show when={props.nested}>
          <Show when={hasBranches()} fallback={<span class={styles.noFold} />}>
            <button
              type="button"
              class={styles.fold}
              data-fold
              aria-expanded={props.open}
              aria-label={t("children.fold", { name: node().name })}
              onClick={() => props.onToggle(!props.open)}
            >
              <ChevronRight size={16} aria-hidden="true" />
            </button>
          </Show>
        </Show>
        <div class={styles.who}>
          <A href={href()}>{node().name}</A>
          <p class="small quiet">
            {t(`kind.${node().kind}` as Key)}
            <Show when={!props.nested && props.branch.below}>
              {(name) => <> · {t("tenants.below", { name: name() })}</>}
            </Show>
            <Show when={node().kind === "reseller" && props.branch.branches.length > 0}>
              {" "}
              · {tCount("tenants.count", props.branch.branches.length)}
            </Show>
          </p>
        </div>
      </div>
      <div class={styles.state}>
        <TenantStatusMark status={node().status} />
      </div>
      <For each={MAIN}>{(resource) => <Cell resource={resource} node={node()} />}</For>
      <div class={styles.menu}>
        <ChildMenu child={node()} direct={node().depth === 1} above={above} />
      </div>
    </li>
  );
}

/** Names of the columns, for the eye; each cell says its own to others. */
export function RowsHead() {
  return (
    <div class={styles.rowsHead} aria-hidden="true">
      <span>{t("tenants.column.name")}</span>
      <span>{t("tenants.column.status")}</span>
      <For each={MAIN}>{(resource) => <span>{resourceName(resource)}</span>}</For>
      <span />
    </div>
  );
}

function Cell(props: { resource: Resource; node: TreeNodeView }) {
  const row = () => props.node.envelopes.find((candidate) => candidate.resource === props.resource);
  const mode = () => row()?.mode ?? "share";
  return (
    <div class={styles.cell} data-resource={props.resource} data-mode={mode()}>
      <span class={styles.cellName} aria-hidden="true">
        {resourceName(props.resource)}
      </span>
      <Show
        when={mode() === "carve" && row()}
        fallback={<span class="small quiet">{t(`mode.${mode()}.short` as Key)}</span>}
      >
        {(own) => (
          <>
            <span class="figures small">
              <b>{amount(props.resource, own().used)}</b>
              <span class="quiet"> / {amount(props.resource, own().limit)}</span>
            </span>
            <meter
              class={styles.bar}
              min={0}
              max={Math.max(1, own().limit)}
              value={own().used}
              data-full={own().limit > 0 && own().used / own().limit > 0.9}
              aria-label={`${props.node.name}: ${resourceName(props.resource)}`}
            />
          </>
        )}
      </Show>
    </div>
  );
}
