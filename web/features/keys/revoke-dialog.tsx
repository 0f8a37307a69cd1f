// Asks before a key ends: whatever uses it stops working at once.
import type { ApiKeyView } from "../../../worker/rules/views-people.ts";
import { peopleApi } from "../../api-people.ts";
import { t } from "../../i18n/language.ts";
import { SureDialog, type Sure } from "../../ui/sure-dialog.tsx";
import { useTenant } from "../frame/session.tsx";

export function RevokeDialog(props: { apiKey: ApiKeyView | null; onClose: () => void; onDone: () => void }) {
  const { id } = useTenant();
  const revocation = (key: ApiKeyView): Sure => ({
    title: t("keys.revokeOf", { name: key.name }),
    text: t("keys.revokeHelp"),
    confirm: t("keys.revoke"),
    act: async () => {
      await peopleApi.revokeKey(id(), key.id);
      props.onDone();
    },
  });
  return <SureDialog question={props.apiKey && revocation(props.apiKey)} onClose={props.onClose} />;
}
