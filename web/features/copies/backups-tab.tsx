// Backups of one service, and what they take of the quota.
import Archive from "lucide-solid/icons/archive";
import { createSignal, Show } from "solid-js";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { t } from "../../i18n/language.ts";
import { useQuota } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { Load } from "../../ui/load.tsx";
import { QuotaMeters } from "../../ui/meter.tsx";
import { Empty, Section } from "../../ui/page.tsx";
import { useTenant } from "../frame/session.tsx";
import { BackupDialog } from "./backup-dialog.tsx";
import { BackupList } from "./backup-list.tsx";
import { useBackups } from "./queries.ts";

export function BackupsTab(props: { service: ServiceView }) {
  const { id, can, tenant } = useTenant();
  const query = useBackups(id);
  const quota = useQuota(id);
  const [making, setMaking] = createSignal(false);
  const mayMake = () =>
    can("service.backup") && tenant().open && props.service.state === "ready" && props.service.operationId === null;
  const make = (words: string) => (
    <Show when={mayMake()}>
      <Button icon={Archive} variant="primary" onClick={() => setMaking(true)}>
        {words}
      </Button>
    </Show>
  );
  return (
    <>
      <Load query={query}>
        {(data) => {
          const own = () => data().backups.filter((backup) => backup.service.id === props.service.id);
          return (
            <Show
              when={own().length > 0}
              fallback={
                <div class="card">
                  <Empty
                    icon={<Archive size={22} />}
                    title={t("backups.none")}
                    text={t("backups.noneText")}
                    action={make(t("backups.makeFirst"))}
                  />
                </div>
              }
            >
              <Section title={t("nav.backups")} aside={make(t("backups.make"))} flush>
                <BackupList backups={own()} />
              </Section>
            </Show>
          );
        }}
      </Load>
      <Show when={quota.data}>
        {(rows) => (
          <Section title={t("quota.title")}>
            <QuotaMeters rows={rows().resources} only={["backups", "backupGiB"]} />
          </Section>
        )}
      </Show>
      <BackupDialog
        tenantId={id()}
        subject={making() ? { service: props.service } : null}
        onClose={() => setMaking(false)}
      />
    </>
  );
}
