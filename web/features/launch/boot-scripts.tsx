// Scripts for the first boot, folded away for those who do not want any: tick, fill in, and they go with the launch.
import { For, Show } from "solid-js";
import { t, tCount } from "../../i18n/language.ts";
import { fieldWords } from "../../i18n/words.ts";
import { CheckField } from "../../ui/field.tsx";
import { ParameterFields } from "../scripts/parameter-fields.tsx";
import { useScripts } from "../scripts/queries.ts";
import styles from "../scripts/scripts.module.css";
import type { StepProps } from "./launch.tsx";
import { shownScriptProblems } from "./scripts-state.ts";

export function BootScripts(props: Pick<StepProps, "state" | "dispatch" | "tenantId">) {
  const query = useScripts(
    () => props.tenantId,
    () => !props.state.asRoot,
  );
  const offered = () => (query.data?.scripts ?? []).filter((script) => script.events.includes("first_boot"));
  const chosen = () => props.state.scripts;
  const indexOf = (id: string) => chosen().findIndex(({ script }) => script.id === id);
  const error = (id: string, name: string) => {
    const fault = shownScriptProblems(props.state)[`${indexOf(id)}/${name}`];
    return fault ? fieldWords(fault.code, fault.params) : undefined;
  };
  return (
    <Show when={!props.state.asRoot && offered().length > 0}>
      <details class={`card ${styles.boot}`} open={chosen().length > 0} data-testid="first-boot">
        <summary>
          {t("scripts.firstBoot")}
          <span>{chosen().length > 0 ? tCount("scripts.picked", chosen().length) : t("form.optional")}</span>
        </summary>
        <div class={styles.bootBody}>
          <p class="small quiet">{t("scripts.firstBootHint")}</p>
          <For each={offered()}>
            {(script) => (
              <div class={styles.bootScript} data-script-id={script.id}>
                <CheckField
                  label={script.name}
                  hint={script.description}
                  name={`script-${script.id}`}
                  checked={indexOf(script.id) >= 0}
                  onChecked={(wanted) => props.dispatch({ type: "script", script, wanted })}
                />
                <Show when={chosen()[indexOf(script.id)]}>
                  {(choice) => (
                    <Show when={script.parameters.length > 0}>
                      <div class={styles.bootFields}>
                        <ParameterFields
                          parameters={script.parameters}
                          values={choice().values}
                          onValue={(name, value) =>
                            props.dispatch({ type: "scriptValue", scriptId: script.id, name, value })
                          }
                          onLeave={(name) => props.dispatch({ type: "scriptLeft", scriptId: script.id, name })}
                          error={(name) => error(script.id, name)}
                        />
                      </div>
                    </Show>
                  )}
                </Show>
              </div>
            )}
          </For>
        </div>
      </details>
    </Show>
  );
}
