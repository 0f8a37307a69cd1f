// The audit of a tenant; a reseller reads that of everybody below, too.
import { useSearchParams } from "@solidjs/router";
import { t } from "../../i18n/language.ts";
import { useTenant } from "../frame/session.tsx";
import { AuditView } from "./audit-view.tsx";

export default function Audit() {
  const { id, can } = useTenant();
  const [search] = useSearchParams<{ tenant?: string; below?: string }>();
  const others = () => search.tenant !== undefined || search.below === "1";
  return (
    <AuditView
      title={search.tenant ? t("audit.ofChild") : t("nav.audit")}
      crumbs={search.tenant ? [{ label: t("nav.tenants"), href: `/t/${id()}/tenants` }] : []}
      of={{ tenant: id() }}
      manyTenants={others()}
      mayBelow={can("children.read")}
    />
  );
}
