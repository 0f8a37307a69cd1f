// The audit as a page: filters, entries, files to take along, and the check that nothing was changed.
import { useSearchParams } from "@solidjs/router";
import Download from "lucide-solid/icons/download";
import ScrollText from "lucide-solid/icons/scroll-text";
import { For, Show } from "solid-js";
import { auditApi, auditFile, type AuditOf } from "../../api-people.ts";
import { t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { Menu } from "../../ui/menu.tsx";
import { Empty, Page, Skeleton, type Crumb } from "../../ui/page.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { Entry } from "./entry.tsx";
import { filterOf, type FilterText } from "./filter.ts";
import { Filters } from "./filters.tsx";
import { createPager } from "./pager.ts";
import { VerifyButton } from "./verify.tsx";
import styles from "./audit.module.css";

export function AuditView(props: {
  title: string;
  crumbs?: Crumb[];
  of: AuditOf;
  /** True where entries of several tenants may stand side by side. */
  manyTenants?: boolean;
  mayBelow?: boolean;
}) {
  const [search, setSearch] = useSearchParams();
  const filterText = (): FilterText => search as FilterText;
  const filter = () => filterOf(filterText());
  const pager = createPager(
    () => ({ of: props.of, filter: filter() }),
    (question, before) => auditApi.audit(question.of, question.filter, before),
  );
  const change = (part: FilterText) => setSearch({ ...part }, { replace: true });
  return (
    <Page
      title={props.title}
      crumbs={props.crumbs ?? []}
      actions={
        <>
          <VerifyButton of={props.of} tenant={filter().tenant} />
          <Menu
            buttonClass={styles.file}
            groups={[
              {
                items: (["csv", "json"] as const).map((format) => ({
                  label: t(`audit.file.${format}`),
                  icon: Download,
                  onSelect: () => location.assign(auditFile(props.of, filter(), format)),
                })),
              },
            ]}
          >
            <Download size={16} aria-hidden="true" />
            {t("audit.export")}
          </Menu>
        </>
      }
    >
      <Filters filter={filterText()} onChange={change} mayBelow={props.mayBelow ?? false} />
      <ProblemNote
        problem={pager.problem()}
        action={
          <Button small onClick={() => void pager.reload()}>
            {t("action.tryAgain")}
          </Button>
        }
      />
      <div class="card" aria-busy={pager.state() === "first"}>
        <Show when={pager.entries().length > 0 || pager.state() !== "first"} fallback={<Skeleton rows={6} />}>
          <Show
            when={pager.entries().length > 0}
            fallback={<Empty icon={<ScrollText size={22} />} title={t("audit.none")} text={t("audit.noneText")} />}
          >
            <ul class={styles.entries}>
              <For each={pager.entries()}>
                {(entry) => (
                  <Entry entry={entry} showTenant={props.manyTenants ?? false} onActor={(actor) => change({ actor })} />
                )}
              </For>
            </ul>
          </Show>
        </Show>
      </div>
      <Show when={pager.next() !== null}>
        <div class={styles.foot}>
          <Button busy={pager.state() === "more"} onClick={() => void pager.more()}>
            {t("audit.more")}
          </Button>
        </div>
      </Show>
    </Page>
  );
}
