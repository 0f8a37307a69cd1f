// The platform's plans: what the launch form offers to everybody whose reseller has none of its own.
import { PLATFORM } from "../../api-people.ts";
import { t } from "../../i18n/language.ts";
import { Page } from "../../ui/page.tsx";
import { PlanList } from "../storefront/plan-list.tsx";

export default function Plans() {
  return (
    <Page title={t("nav.plans")}>
      <div class="card">
        <PlanList of={PLATFORM} canChange none={t("plans.noneText")} />
      </div>
    </Page>
  );
}
