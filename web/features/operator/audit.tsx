// The audit of the whole platform.
import { t } from "../../i18n/language.ts";
import { AuditView } from "../audit/audit-view.tsx";

export default function PlatformAudit() {
  return <AuditView title={t("nav.allAudit")} of="platform" manyTenants />;
}
