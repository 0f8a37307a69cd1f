// A tenant's quota in full: every resource, whose limit it is, and the requests for more.
import ArrowUpRight from "lucide-solid/icons/arrow-up-right";
import { For, Show } from "solid-js";
import { RESOURCES } from "../../../worker/rules/views.ts";
import { t } from "../../i18n/language.ts";
import { useQuota } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { Load } from "../../ui/load.tsx";
import { QuotaMeters } from "../../ui/meter.tsx";
import { Empty, Page, Section } from "../../ui/page.tsx";
import { useTenant } from "../frame/session.tsx";
import { askForMore } from "./ask.ts";
import { useMyRequests } from "./queries.ts";
import { RequestState } from "./request-state.tsx";
import styles from "./quota.module.css";

export default function Quota() {
  const { id, tenant, can } = useTenant();
  const quota = useQuota(id);
  const requests = useMyRequests(id);
  const ask = () => (
    <Show when={can("quota.request") && tenant().open}>
      <Button variant="primary" icon={ArrowUpRight} onClick={() => askForMore()}>
        {t("ask.more")}
      </Button>
    </Show>
  );
  return (
    <Page title={t("quota.title")} actions={ask()}>
      <Section title={t("quota.yours")}>
        <Load query={quota}>
          {(data) => (
            <>
              <QuotaMeters rows={data().resources} only={RESOURCES} />
              <Show when={data().resources.some((row) => !row.own)}>
                <p class={`small quiet ${styles.note}`}>{t("quota.sharedHelp")}</p>
              </Show>
            </>
          )}
        </Load>
      </Section>
      <Section title={t("request.mine")} flush>
        <Load query={requests}>
          {(data) => (
            <Show
              when={data().requests.length > 0}
              fallback={
                <Empty
                  icon={<ArrowUpRight size={22} />}
                  title={t("request.none")}
                  text={t("request.noneText")}
                  action={ask()}
                />
              }
            >
              <ul class={styles.list}>
                <For each={data().requests}>
                  {(request) => (
                    <li>
                      <RequestState request={request} tenantId={id()} />
                    </li>
                  )}
                </For>
              </ul>
            </Show>
          )}
        </Load>
      </Section>
    </Page>
  );
}
