// Everything below a reseller or the platform, as a list or as the tree, with what each uses and what can be done to it.
import Building from "lucide-solid/icons/building";
import List from "lucide-solid/icons/list";
import ListTree from "lucide-solid/icons/list-tree";
import Plus from "lucide-solid/icons/plus";
import Users from "lucide-solid/icons/users";
import { createMemo, createSignal, For, Show } from "solid-js";
import type { TreeNodeView } from "../../../worker/rules/views-tree.ts";
import { number, t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { Load } from "../../ui/load.tsx";
import { QuotaMeters } from "../../ui/meter.tsx";
import { Empty, Page, Section, Skeleton } from "../../ui/page.tsx";
import { Segments } from "../../ui/segments.tsx";
import { useAbove, useOwnQuota, useTree } from "./above.ts";
import { AddDialog } from "./add-dialog.tsx";
import { ChildDialogs } from "./child-dialogs.tsx";
import { BranchRow, RowsHead } from "./branch-row.tsx";
import { branchesOf, flat, found, narrowed, type Branch } from "./tree.ts";
import styles from "./reseller.module.css";

/** Up to this many are open from the start. */
const OPEN_ALL = 40;
/** Rows that are drawn at once; more come when asked for. */
const PAGE = 100;
const VIEW = "nubemox.tenants";

export default function Tenants() {
  const above = useAbove();
  const tree = useTree(above.id);
  const quota = useOwnQuota(above);
  const [adding, setAdding] = createSignal<"tenant" | "reseller" | null>(null);
  const add = (words: string) => (
    <Show when={above.can("children.manage")}>
      <Button variant="primary" icon={Plus} onClick={() => setAdding("tenant")}>
        {words}
      </Button>
    </Show>
  );
  return (
    <Page
      title={above.isPlatform() ? t("nav.allTenants") : t("nav.tenants")}
      actions={
        <>
          <Show when={above.can("children.manage")}>
            <Button icon={Building} onClick={() => setAdding("reseller")}>
              {t("resellers.add")}
            </Button>
          </Show>
          {add(t("children.add"))}
        </>
      }
    >
      <Show when={quota.isKnown()}>
        <Section title={above.isPlatform() ? t("children.platformQuota") : t("children.yourQuota")}>
          <QuotaMeters rows={quota.rows()} />
        </Section>
      </Show>
      <Load query={tree} skeleton={<Skeleton rows={4} tall />}>
        {(data) => (
          <Show
            when={data().nodes.length > 1}
            fallback={
              <div class="card">
                <Empty
                  icon={<Users size={22} />}
                  title={t("children.none")}
                  text={t("children.noneText")}
                  action={add(t("children.addFirst"))}
                />
              </div>
            }
          >
            <Below nodes={data().nodes} />
          </Show>
        )}
      </Load>
      <ChildDialogs above={above} />
      <AddDialog kind={adding()} onClose={() => setAdding(null)} above={above} quota={quota.rows()} />
    </Page>
  );
}

function Below(props: { nodes: readonly TreeNodeView[] }) {
  const [view, setView] = createSignal<"list" | "tree">(storedView());
  const [typed, setTyped] = createSignal("");
  const [most, setMost] = createSignal(PAGE);
  const branches = createMemo(() => branchesOf(props.nodes));
  const [closed, setClosed] = createSignal<ReadonlySet<string>>(
    new Set(props.nodes.length > OPEN_ALL ? flat(branchesOf(props.nodes)).map((branch) => branch.node.id) : []),
  );
  const choose = (wanted: "list" | "tree") => {
    setView(wanted);
    try {
      localStorage.setItem(VIEW, wanted);
    } catch {
      // Storage is refused: the choice lasts as long as the page.
    }
  };
  const toggle = (id: string, open: boolean) =>
    setClosed((before) => new Set(open ? [...before].filter((known) => known !== id) : [...before, id]));
  // What is searched for is shown open, whatever was folded before.
  const isOpen = (branch: Branch) => typed().trim() !== "" || !closed().has(branch.node.id);
  const rows = createMemo(() => {
    const open = (some: readonly Branch[]): Branch[] =>
      some.flatMap((branch) => [branch, ...(isOpen(branch) ? open(branch.branches) : [])]);
    return view() === "list" ? found(branches(), typed()) : open(narrowed(branches(), typed()));
  });
  return (
    <section class={`card ${styles.below}`}>
      <header class={styles.tools}>
        <input
          type="search"
          class={styles.search}
          aria-label={t("children.search")}
          placeholder={t("children.search")}
          value={typed()}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <span class="small quiet figures" role="status">
          {t("children.shown", { count: number(rows().length), all: number(props.nodes.length - 1) })}
        </span>
        <Segments
          label={t("children.view")}
          value={view()}
          onValue={choose}
          options={[
            { value: "list", label: t("children.asList"), icon: List },
            { value: "tree", label: t("children.asTree"), icon: ListTree },
          ]}
        />
      </header>
      <RowsHead />
      <ul data-view={view()} onKeyDown={walk}>
        <For each={rows().slice(0, most())}>
          {(branch) => (
            <BranchRow
              branch={branch}
              nested={view() === "tree"}
              open={isOpen(branch)}
              onToggle={(open) => toggle(branch.node.id, open)}
            />
          )}
        </For>
      </ul>
      <Show when={rows().length === 0}>
        <p class={styles.nothing}>{t("children.notFound")}</p>
      </Show>
      <Show when={rows().length > most()}>
        <div class={styles.moreRows}>
          <Button onClick={() => setMost(most() + PAGE)}>{t("children.more")}</Button>
        </div>
      </Show>
    </section>
  );
}

/** Up and down go from row to row, right opens a branch and left folds it, as in any tree. */
function walk(event: KeyboardEvent & { currentTarget: HTMLUListElement }) {
  const row = (event.target as HTMLElement).closest<HTMLElement>("li");
  if (!row || event.altKey || event.ctrlKey || event.metaKey) return;
  const fold = row.querySelector<HTMLElement>("button[aria-expanded][data-fold]");
  if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
    if (fold && (fold.getAttribute("aria-expanded") === "true") === (event.key === "ArrowLeft")) {
      event.preventDefault();
      fold.click();
    }
    return;
  }
  const next =
    event.key === "ArrowDown" ? row.nextElementSibling : event.key === "ArrowUp" ? row.previousElementSibling : null;
  if (!next) return;
  event.preventDefault();
  next.querySelector<HTMLElement>("a")?.focus();
}

function storedView(): "list" | "tree" {
  try {
    return localStorage.getItem(VIEW) === "list" ? "list" : "tree";
  } catch {
    return "tree";
  }
}
