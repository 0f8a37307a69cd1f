// What was done with one's own account: signing in and out, passwords, second factors.
import { t } from "../../i18n/language.ts";
import { AuditView } from "./audit-view.tsx";

export default function OwnAudit() {
  return (
    <AuditView title={t("audit.own")} crumbs={[{ label: t("nav.security"), href: "/account/security" }]} of="me" />
  );
}
