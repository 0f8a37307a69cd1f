// Asks before an operation is called off: what it has done so far is undone.
import type { OperationView } from "../../../worker/rules/views.ts";
import { lifeApi } from "../../api-life.ts";
import { t } from "../../i18n/language.ts";
import { operationTitle } from "../../i18n/words.ts";
import { SureDialog, type Sure } from "../../ui/sure-dialog.tsx";
import { applyEvent } from "../feed/apply.ts";

export function CancelDialog(props: { tenantId: string; operation: OperationView | null; onClose: () => void }) {
  const callingOff = (operation: OperationView): Sure => ({
    title: t("cancel.title"),
    what: operationTitle(operation),
    text: t("cancel.text"),
    confirm: t("cancel.confirm"),
    cancel: t("cancel.goOn"),
    act: async () => {
      const answer = await lifeApi.cancel(props.tenantId, operation.id);
      applyEvent(props.tenantId, { type: "operation", operation: answer.operation });
    },
  });
  return <SureDialog question={props.operation && callingOff(props.operation)} onClose={props.onClose} />;
}
