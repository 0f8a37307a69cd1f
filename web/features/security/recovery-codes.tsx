// Recovery codes, shown once: to be copied, or kept as a file.
import Copy from "lucide-solid/icons/copy";
import Download from "lucide-solid/icons/download";
import { For } from "solid-js";
import { t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { showToast } from "../../ui/toast.tsx";
import styles from "./security.module.css";

export function RecoveryCodes(props: { codes: string[] }) {
  async function copy() {
    try {
      await navigator.clipboard.writeText(props.codes.join("\n"));
      showToast({ tone: "plain", text: t("copy.copied") });
    } catch {
      showToast({ tone: "bad", text: t("copy.refused") });
    }
  }
  function download() {
    const address = URL.createObjectURL(new Blob([`${props.codes.join("\n")}\n`], { type: "text/plain" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = "nubemox-recovery-codes.txt";
    link.click();
    URL.revokeObjectURL(address);
  }
  return (
    <div class={styles.codes}>
      <p>{t("totp.codesHelp")}</p>
      <ul class="mono" data-testid="recovery-codes">
        <For each={props.codes}>{(code) => <li>{code}</li>}</For>
      </ul>
      <div class={styles.buttons}>
        <Button small icon={Copy} onClick={copy}>
          {t("totp.copyCodes")}
        </Button>
        <Button small icon={Download} onClick={download}>
          {t("totp.downloadCodes")}
        </Button>
      </div>
    </div>
  );
}
