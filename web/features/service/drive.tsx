// The drive of a virtual machine: a disc of those that the platform offers, to be started from or only read, and ejected.
import Disc from "lucide-solid/icons/disc-3";
import { createSignal, Show } from "solid-js";
import type { Problem, ServiceView } from "../../../worker/rules/views.ts";
import { lifeApi } from "../../api-life.ts";
import { problemOf } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { keys } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { CheckField, SelectField } from "../../ui/field.tsx";
import { Load } from "../../ui/load.tsx";
import { Section } from "../../ui/page.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { useData } from "../../use-data.ts";
import { applyAccepted } from "../feed/apply.ts";
import { useTenant } from "../frame/session.tsx";
import styles from "./service.module.css";

export function Drive(props: { service: ServiceView; disabled: boolean }) {
  const { id } = useTenant();
  const images = useData(() => ({
    queryKey: keys.images(id(), props.service.id),
    queryFn: () => lifeApi.images(id(), props.service.id),
  }));
  const [chosen, setChosen] = createSignal("");
  const [boot, setBoot] = createSignal(true);
  const [busy, setBusy] = createSignal<"insert" | "eject" | null>(null);
  const [problem, setProblem] = createSignal<Problem | null>(null);

  async function change(what: "insert" | "eject") {
    if (busy()) return;
    setBusy(what);
    setProblem(null);
    const body = what === "eject" ? { imageId: null } : { imageId: chosen(), boot: boot() };
    try {
      applyAccepted(id(), await lifeApi.setMedia(id(), props.service.id, body, crypto.randomUUID()));
      setChosen("");
    } catch (thrown) {
      setProblem(problemOf(thrown));
    } finally {
      setBusy(null);
    }
  }

  return (
    <Section title={t("drive.title")}>
      <Load query={images}>
        {(data) => {
          const name = () =>
            data().images.find((image) => image.id === props.service.imageId)?.name ?? t("drive.withdrawn");
          const others = () => data().images.filter((image) => image.id !== props.service.imageId);
          return (
            <div class={styles.parts}>
              <div class={styles.choice}>
                <p class={styles.disc} data-testid="in-drive">
                  <Disc size={18} aria-hidden="true" />
                  <Show when={props.service.imageId !== null} fallback={t("drive.empty")}>
                    <b>{name()}</b>
                  </Show>
                </p>
                <Show when={props.service.imageId !== null}>
                  <Button busy={busy() === "eject"} disabled={props.disabled} onClick={() => void change("eject")}>
                    {t("drive.eject")}
                  </Button>
                </Show>
              </div>
              <Show when={data().images.length > 0} fallback={<p class="quiet">{t("drive.none")}</p>}>
                <form
                  class={styles.size}
                  onSubmit={(event) => {
                    event.preventDefault();
                    void change("insert");
                  }}
                >
                  <SelectField
                    label={t("drive.choose")}
                    value={chosen()}
                    onValue={setChosen}
                    options={[
                      { value: "", label: t("drive.nothing") },
                      ...others().map((image) => ({ value: image.id, label: image.name })),
                    ]}
                  />
                  <CheckField
                    label={t("drive.boot")}
                    hint={t("drive.bootHint")}
                    name="boot"
                    checked={boot()}
                    onChecked={setBoot}
                  />
                  <div class={styles.buttons}>
                    <Button type="submit" busy={busy() === "insert"} disabled={props.disabled || chosen() === ""}>
                      {t("drive.insert")}
                    </Button>
                  </div>
                </form>
              </Show>
              <ProblemNote problem={problem()} />
            </div>
          );
        }}
      </Load>
    </Section>
  );
}
