// The page of all backups of a tenant, those whose service is gone among them.
import Archive from "lucide-solid/icons/archive";
import { createSignal, Show } from "solid-js";
import { t } from "../../i18n/language.ts";
import { useQuota } from "../../queries.ts";
import { LinkButton } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Load } from "../../ui/load.tsx";
import { QuotaMeters } from "../../ui/meter.tsx";
import { Empty, Page, Section } from "../../ui/page.tsx";
import { plain } from "../../ui/plain.ts";
import { useTenant } from "../frame/session.tsx";
import { BackupList } from "./backup-list.tsx";
import styles from "./copies.module.css";
import { useBackups } from "./queries.ts";

/** From this many on, a field to find one is worth its place. */
const MANY = 6;

export default function Backups() {
  const { id } = useTenant();
  const query = useBackups(id);
  const quota = useQuota(id);
  const [typed, setTyped] = createSignal("");
  return (
    <Page title={t("nav.backups")}>
      <Show when={quota.data}>
        {(rows) => (
          <Section title={t("quota.title")}>
            <QuotaMeters rows={rows().resources} only={["backups", "backupGiB"]} />
          </Section>
        )}
      </Show>
      <Load query={query}>
        {(data) => {
          const shown = () =>
            data().backups.filter((backup) =>
              plain(`${backup.service.name} ${backup.notes}`).includes(plain(typed().trim())),
            );
          return (
            <Show
              when={data().backups.length > 0}
              fallback={
                <div class="card">
                  <Empty
                    icon={<Archive size={22} />}
                    title={t("backups.none")}
                    text={t("backups.noneAtAll")}
                    action={<LinkButton href={`/t/${id()}/services`}>{t("backups.toServices")}</LinkButton>}
                  />
                </div>
              }
            >
              <Show when={data().backups.length >= MANY}>
                <div class={styles.find}>
                  <TextField label={t("backups.find")} type="search" value={typed()} onValue={setTyped} />
                </div>
              </Show>
              <div class="card">
                <Show when={shown().length > 0} fallback={<p class={styles.nothing}>{t("copies.nothingFound")}</p>}>
                  <BackupList backups={shown()} ofMany />
                </Show>
              </div>
            </Show>
          );
        }}
      </Load>
    </Page>
  );
}
