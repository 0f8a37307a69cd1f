// The form of a script as tenants will see it, filled in to try its checks; nothing of it is sent.
import { createSignal, Show } from "solid-js";
import { fieldWords } from "../../i18n/words.ts";
import { t } from "../../i18n/language.ts";
import { Aside } from "../../ui/split.tsx";
import { parameterOf, type DraftParameter } from "./draft.ts";
import { ParameterFields } from "./parameter-fields.tsx";
import styles from "./scripts.module.css";
import { initialValues, valueFaults, type Values } from "./values.ts";

export function FormPreview(props: { rows: readonly DraftParameter[]; name: string; description: string }) {
  const [typed, setTyped] = createSignal<Values>({});
  const parameters = () =>
    props.rows.map((row, index) => {
      const parameter = parameterOf(row);
      return { ...parameter, name: parameter.name || `row_${index}`, label: parameter.label || parameter.name || "–" };
    });
  const values = (): Values => ({ ...initialValues(parameters()), ...typed() });
  const error = (name: string) => {
    const fault = name in typed() ? valueFaults(parameters(), values())[name] : undefined;
    return fault ? fieldWords(fault.code, fault.params) : undefined;
  };
  return (
    <Aside aria-label={t("scripts.preview")} data-testid="form-preview">
      <h2 class={styles.previewTitle}>{t("scripts.preview")}</h2>
      <div>
        <b>{props.name || "–"}</b>
        <p class="small quiet">{props.description}</p>
      </div>
      <Show when={parameters().length > 0} fallback={<p class="quiet">{t("scripts.previewNone")}</p>}>
        <ParameterFields
          parameters={parameters()}
          values={values()}
          onValue={(name, value) => setTyped((all) => ({ ...all, [name]: value }))}
          error={error}
        />
      </Show>
    </Aside>
  );
}
