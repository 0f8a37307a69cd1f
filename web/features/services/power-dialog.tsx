// Asked before power goes: how long a shutdown or restart may take and what follows if it does not react, or a plain warning.
import { createEffect, createSignal, on, Show } from "solid-js";
import type { PowerOptions } from "../../api.ts";
import { inUnits, t, tCount, type Key } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogBody } from "../../ui/dialog.tsx";
import { CheckField, SelectField } from "../../ui/field.tsx";
import type { PowerQuestion } from "./ask.ts";

/** Times to react that are offered, in seconds; the Worker takes 10 to 600. */
const TIMES = [30, 60, 120, 300, 600];
const USUAL = 60;

/** Open while there is a question. */
export function PowerDialog(props: { question: PowerQuestion | null; onClose: () => void }) {
  const [seconds, setSeconds] = createSignal(USUAL);
  const [force, setForce] = createSignal(false);
  createEffect(
    on(
      () => props.question,
      () => {
        setSeconds(USUAL);
        setForce(false);
      },
    ),
  );
  const options = (question: PowerQuestion): PowerOptions =>
    isGentle(question) ? { timeoutSeconds: seconds(), force: force() } : {};

  return (
    <Dialog open={props.question !== null} onClose={props.onClose} title={props.question ? title(props.question) : ""}>
      <Show when={props.question}>
        {(question) => (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              const { go } = question();
              const chosen = options(question());
              props.onClose();
              go(chosen);
            }}
          >
            <DialogBody
              actions={
                <>
                  <Button onClick={props.onClose} autofocus={!isGentle(question())}>
                    {t("action.cancel")}
                  </Button>
                  <Button
                    type="submit"
                    variant={isGentle(question()) ? "primary" : "danger"}
                    autofocus={isGentle(question())}
                  >
                    {t(`power.ask.${question().action}.confirm` as Key)}
                  </Button>
                </>
              }
            >
              <p>{t(`power.ask.${question().action}.text` as Key)}</p>
              <Show when={question().services.length > 1}>
                <p class="quiet">
                  {question()
                    .services.map((service) => service.name)
                    .join(", ")}
                </p>
              </Show>
              <Show when={isGentle(question())}>
                <SelectField
                  label={t("power.time")}
                  hint={t("power.timeHint")}
                  value={String(seconds())}
                  onValue={(value) => setSeconds(Number(value))}
                  options={TIMES.map((time) => ({
                    value: String(time),
                    label: time < 60 ? inUnits(time, "second") : inUnits(time / 60, "minute"),
                  }))}
                />
                <CheckField
                  label={t("power.force")}
                  hint={t(`power.ask.${question().action}.forceHint` as Key)}
                  name="force"
                  checked={force()}
                  onChecked={setForce}
                />
              </Show>
            </DialogBody>
          </form>
        )}
      </Show>
    </Dialog>
  );
}

/** Whether the system in it is asked, which may take its time. */
function isGentle({ action }: PowerQuestion): boolean {
  return action === "shutdown" || action === "reboot";
}

function title({ action, services }: PowerQuestion): string {
  const [only] = services;
  return services.length === 1 && only
    ? t(`power.ask.${action}.title` as Key, { name: only.name })
    : tCount(`services.ask.${action}`, services.length);
}
