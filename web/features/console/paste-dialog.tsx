// Paste: text that is typed into the guest key by key, because a bare console knows no clipboard.
import { createEffect, createSignal, on, Show } from "solid-js";
import { number, t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogBody } from "../../ui/dialog.tsx";
import { AreaField } from "../../ui/field.tsx";
import { typeText, type KeySink } from "./typing.ts";
import styles from "./console.module.css";

export function PasteDialog(props: { open: boolean; sink: KeySink | null; onClose: () => void; onDone: () => void }) {
  const [text, setText] = createSignal("");
  const [sent, setSent] = createSignal<{ sent: number; total: number } | null>(null);
  let stop = new AbortController();
  createEffect(
    on(
      () => props.open,
      (open) => {
        if (open) return;
        stop.abort();
        setText("");
        setSent(null);
      },
      { defer: true },
    ),
  );

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const sink = props.sink;
    if (!sink || text() === "" || sent()) return;
    stop = new AbortController();
    const mine = stop;
    await typeText(sink, text(), mine.signal, (done, total) => setSent({ sent: done, total }));
    if (mine.signal.aborted) return;
    props.onClose();
    props.onDone();
  }

  return (
    <Dialog open={props.open} onClose={props.onClose} title={t("console.paste")}>
      <form onSubmit={submit}>
        <DialogBody
          actions={
            <>
              <Button onClick={props.onClose}>{t("action.cancel")}</Button>
              <Button
                type="submit"
                variant="primary"
                disabled={text() === "" || props.sink === null}
                busy={sent() !== null}
              >
                {t("console.type")}
              </Button>
            </>
          }
        >
          <AreaField
            label={t("console.pasteText")}
            hint={t("console.pasteHint")}
            value={text()}
            onValue={setText}
            rows={6}
            autofocus
            spellcheck={false}
          />
          <Show when={sent()}>
            {(progress) => (
              <div class={styles.typing}>
                <progress max={progress().total} value={progress().sent} aria-label={t("console.typing")} />
                <span class="small figures">
                  {number(progress().sent)} / {number(progress().total)}
                </span>
              </div>
            )}
          </Show>
        </DialogBody>
      </form>
    </Dialog>
  );
}
