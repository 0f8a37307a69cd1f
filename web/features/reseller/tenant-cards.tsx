// Tenants as cards with their meters, for resellers and for the platform.
import { For, Show, type JSX } from "solid-js";
import type { ChildTenantView } from "../../../worker/rules/views.ts";
import { ago, t, tCount, type Key } from "../../i18n/language.ts";
import { useNow } from "../../ui/clock.ts";
import { QuotaMeters } from "../../ui/meter.tsx";
import { Status } from "../../ui/status.tsx";
import styles from "./reseller.module.css";

type Row = ChildTenantView & { parentName?: string | null };

export function TenantCards(props: { tenants: readonly Row[]; actions?: (tenant: Row) => JSX.Element }) {
  const now = useNow();
  return (
    <ul class={styles.cards}>
      <For each={props.tenants}>
        {(tenant) => (
          <li class={`card ${styles.card}`} data-tenant-id={tenant.id}>
            <header>
              <div class={styles.who}>
                <h2>{tenant.name}</h2>
                <p class="small quiet">
                  {t(`kind.${tenant.kind}` as Key)}
                  <Show when={tenant.parentName}>
                    {" "}
                    · {t("tenants.below", { name: tenant.parentName ?? "" })}
                  </Show> ·{" "}
                  {tCount("services.count", tenant.services)} ·{" "}
                  {t("tenants.since", { when: ago(tenant.createdAt, now()) })}
                </p>
              </div>
              <Show
                when={tenant.status === "suspended"}
                fallback={<Status shape="disc" tone="good" word={t("tenants.active")} />}
              >
                <Status shape="bars" tone="warn" word={t("tenants.suspended")} />
              </Show>
              {props.actions?.(tenant)}
            </header>
            <QuotaMeters rows={tenant.quota} />
          </li>
        )}
      </For>
    </ul>
  );
}
