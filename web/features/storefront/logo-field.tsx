// A logo from a file, shown as it will stand; small enough to go with every page.
import ImageUp from "lucide-solid/icons/image-up";
import Trash2 from "lucide-solid/icons/trash";
import { createSignal, createUniqueId, Show } from "solid-js";
import { t } from "../../i18n/language.ts";
import { fieldWords } from "../../i18n/words.ts";
import { Button } from "../../ui/button.tsx";
import { LogoMark } from "../../ui/logo.tsx";
import styles from "./storefront.module.css";

/** As the Worker takes it, in bytes. */
const MOST_BYTES = 64 * 1024;
const KINDS = ["image/png", "image/jpeg", "image/webp"];

export function LogoField(props: {
  logo: string | null;
  onLogo: (logo: string | null) => void;
  error: string | undefined;
}) {
  const id = createUniqueId();
  const [fault, setFault] = createSignal<string | null>(null);
  let input!: HTMLInputElement;

  async function take(file: File | undefined) {
    if (!file) return;
    if (!KINDS.includes(file.type)) return void setFault("logo_kind");
    if (file.size > MOST_BYTES) return void setFault("logo_size");
    setFault(null);
    props.onLogo(await dataAddress(file));
    input.value = "";
  }

  return (
    <div class={styles.logoField}>
      <label for={id}>{t("storefront.logo")}</label>
      <div class={styles.logoRow}>
        <span class={styles.logoBox}>
          <LogoMark logo={props.logo} size={48} />
        </span>
        <input
          ref={(node) => (input = node)}
          id={id}
          type="file"
          class="visually-hidden"
          accept={KINDS.join(",")}
          aria-describedby={`${id}-hint`}
          onChange={(event) => void take(event.currentTarget.files?.[0])}
        />
        <Button icon={ImageUp} onClick={() => input.click()}>
          {t("storefront.chooseLogo")}
        </Button>
        <Show when={props.logo !== null}>
          <Button variant="quiet" icon={Trash2} onClick={() => props.onLogo(null)}>
            {t("storefront.removeLogo")}
          </Button>
        </Show>
      </div>
      <p id={`${id}-hint`} class={(fault() ?? props.error) ? styles.bad : "small quiet"}>
        {fault() ? fieldWords(fault() ?? "") : (props.error ?? t("storefront.logoHint"))}
      </p>
    </div>
  );
}

/** A file as a `data:` address. */
function dataAddress(file: File): Promise<string> {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => done(String(reader.result)));
    reader.addEventListener("error", () => fail(reader.error ?? new Error("the file could not be read")));
    reader.readAsDataURL(file);
  });
}
