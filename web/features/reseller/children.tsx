// A reseller's page: its tenants, what they use, and what they may use.
import Plus from "lucide-solid/icons/plus";
import SlidersHorizontal from "lucide-solid/icons/sliders-horizontal";
import Users from "lucide-solid/icons/users";
import { createSignal, Show } from "solid-js";
import type { ChildTenantView } from "../../../worker/rules/views.ts";
import { t } from "../../i18n/language.ts";
import { useChildren, useQuota } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { Load } from "../../ui/load.tsx";
import { QuotaMeters } from "../../ui/meter.tsx";
import { Empty, Page, Section } from "../../ui/page.tsx";
import { useTenant } from "../frame/session.tsx";
import { AddDialog, LimitsDialog } from "./dialogs.tsx";
import { TenantCards } from "./tenant-cards.tsx";

export default function Children() {
  const { id, canChange } = useTenant();
  const children = useChildren(id);
  const quota = useQuota(id);
  const rows = () => quota.data?.resources ?? [];
  const [adding, setAdding] = createSignal(false);
  const [editing, setEditing] = createSignal<ChildTenantView | null>(null);
  const add = (words: string) => (
    <Show when={canChange()}>
      <Button variant="primary" icon={Plus} onClick={() => setAdding(true)}>
        {words}
      </Button>
    </Show>
  );
  return (
    <Page title={t("nav.tenants")} actions={add(t("children.add"))}>
      <Section title={t("children.yourQuota")}>
        <Load query={quota}>{(data) => <QuotaMeters rows={data().resources} />}</Load>
      </Section>
      <Load query={children}>
        {(data) => (
          <Show
            when={data().children.length > 0}
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
            <TenantCards
              tenants={data().children}
              actions={(child) => (
                <Show when={canChange()}>
                  <Button
                    small
                    icon={SlidersHorizontal}
                    onClick={() => setEditing(child)}
                    aria-label={t("limits.of", { name: child.name })}
                  >
                    {t("limits.edit")}
                  </Button>
                </Show>
              )}
            />
          </Show>
        )}
      </Load>
      <AddDialog open={adding()} onClose={() => setAdding(false)} tenantId={id()} quota={rows()} />
      <LimitsDialog child={editing()} onClose={() => setEditing(null)} tenantId={id()} quota={rows()} />
    </Page>
  );
}
