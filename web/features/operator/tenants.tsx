// Every tenant of the platform with its use; new resellers are made here.
import Building from "lucide-solid/icons/building";
import Plus from "lucide-solid/icons/plus";
import { createSignal, Show } from "solid-js";
import { api } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { keys } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { Load } from "../../ui/load.tsx";
import { Empty, Page } from "../../ui/page.tsx";
import { AddDialog } from "../reseller/dialogs.tsx";
import { TenantCards } from "../reseller/tenant-cards.tsx";
import { useData } from "../../use-data.ts";

export default function Tenants() {
  const tenants = useData(() => ({ queryKey: keys.allTenants, queryFn: api.allTenants }));
  const [adding, setAdding] = createSignal(false);
  return (
    <Page
      title={t("nav.allTenants")}
      actions={
        <Button variant="primary" icon={Plus} onClick={() => setAdding(true)}>
          {t("resellers.add")}
        </Button>
      }
    >
      <Load query={tenants}>
        {(data) => (
          <Show
            when={data().tenants.length > 0}
            fallback={
              <div class="card">
                <Empty icon={<Building size={22} />} title={t("tenants.none")} text={t("tenants.noneText")} />
              </div>
            }
          >
            <TenantCards tenants={data().tenants} />
          </Show>
        )}
      </Load>
      <AddDialog open={adding()} onClose={() => setAdding(false)} />
    </Page>
  );
}
