// Asks before a kept key is forgotten, and says what that does not do.
import type { SshKeyView } from "../../../worker/rules/views-automation.ts";
import { lifeApi } from "../../api-life.ts";
import { t } from "../../i18n/language.ts";
import { keys, queryClient } from "../../queries.ts";
import { SureDialog, type Sure } from "../../ui/sure-dialog.tsx";

export function RemoveKeyDialog(props: { sshKey: SshKeyView | null; onClose: () => void }) {
  return <SureDialog question={props.sshKey && removal(props.sshKey)} onClose={props.onClose} />;
}

function removal(key: SshKeyView): Sure {
  return {
    title: t("sshKeys.removeTitle", { name: key.name }),
    text: t("sshKeys.removeText"),
    confirm: t("sshKeys.remove"),
    act: async () => {
      await lifeApi.removeSshKey(key.id);
      await queryClient.invalidateQueries({ queryKey: keys.sshKeys });
    },
  };
}
