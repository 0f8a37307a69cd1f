// A hidden field that opens the soft keyboard of a touch screen and passes on what is typed there.
import { onMount } from "solid-js";
import { t } from "../../i18n/language.ts";
import { KEY } from "./keysyms.ts";
import { typeText, type KeySink } from "./typing.ts";
import styles from "./console.module.css";

// Something to delete, so that the keyboard's backspace key is heard.
const FILLER = "\u00a0\u00a0\u00a0\u00a0";

export function SoftKeyboard(props: { sink: KeySink; onClose: () => void }) {
  let field!: HTMLTextAreaElement;
  const never = new AbortController().signal;
  onMount(() => {
    refill();
    field.focus();
  });

  function refill() {
    field.value = FILLER;
    field.setSelectionRange(FILLER.length, FILLER.length);
  }

  function press(keysym: number) {
    props.sink.sendKey(keysym, null, true);
    props.sink.sendKey(keysym, null, false);
  }

  function onInput(event: InputEvent) {
    // A composition (predictive text, accents) is passed on whole when it ends.
    if (event.isComposing) return;
    pass();
  }

  function pass() {
    const typed = field.value;
    if (typed.length < FILLER.length) {
      for (let missing = FILLER.length - typed.length; missing > 0; missing--) press(KEY.backspace);
    } else void typeText(props.sink, typed.slice(FILLER.length), never);
    refill();
  }

  return (
    <textarea
      ref={(node) => (field = node)}
      class={styles.hiddenField}
      aria-label={t("console.keyboard")}
      autocapitalize="off"
      autocomplete="off"
      spellcheck={false}
      onInput={onInput}
      onCompositionEnd={pass}
      onBlur={() => props.onClose()}
    />
  );
}
