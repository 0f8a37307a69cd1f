// The page of everything that was done in a tenant lately.
import { t } from "../../i18n/language.ts";
import { useOperations } from "../../queries.ts";
import { Load } from "../../ui/load.tsx";
import { Page } from "../../ui/page.tsx";
import { useTenant } from "../frame/session.tsx";
import { OperationList } from "./list.tsx";

export default function Activity() {
  const { id } = useTenant();
  const operations = useOperations(id);
  return (
    <Page title={t("nav.activity")}>
      <div class="card">
        <Load query={operations}>{(data) => <OperationList operations={data().operations} tenantId={id()} />}</Load>
      </div>
    </Page>
  );
}
