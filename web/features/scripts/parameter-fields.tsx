// The form of a script: one field for each parameter, of the kind that it has.
import { For, Match, Show, Switch } from "solid-js";
import type { ScriptParameter } from "../../../worker/rules/scripts.ts";
import { t } from "../../i18n/language.ts";
import { CheckField, SelectField, TextField } from "../../ui/field.tsx";
import type { Values } from "./values.ts";

interface FieldsProps {
  parameters: readonly ScriptParameter[];
  values: Values;
  onValue: (name: string, value: string) => void;
  onLeave?: (name: string) => void;
  error: (name: string) => string | undefined;
}

export function ParameterFields(props: FieldsProps) {
  return (
    <For each={props.parameters}>
      {(parameter) => (
        <ParameterField
          parameter={parameter}
          value={props.values[parameter.name] ?? ""}
          onValue={(value) => props.onValue(parameter.name, value)}
          onLeave={() => props.onLeave?.(parameter.name)}
          error={props.error(parameter.name)}
        />
      )}
    </For>
  );
}

interface FieldProps {
  parameter: ScriptParameter;
  value: string;
  onValue: (value: string) => void;
  onLeave: () => void;
  error: string | undefined;
}

function ParameterField(props: FieldProps) {
  const text = () => ({
    label: props.parameter.label,
    name: `parameter-${props.parameter.name}`,
    optional: !props.parameter.required,
    error: props.error,
    spellcheck: false,
    onBlur: () => props.onLeave(),
  });
  return (
    <Switch
      fallback={
        <TextField
          {...text()}
          autocomplete="off"
          maxLength={props.parameter.maximum}
          value={props.value}
          onValue={props.onValue}
        />
      }
    >
      <Match when={props.parameter.kind === "secret"}>
        <TextField
          {...text()}
          type="password"
          hint={t("scripts.secretHint")}
          autocomplete="new-password"
          maxLength={props.parameter.maximum}
          value={props.value}
          onValue={props.onValue}
        />
      </Match>
      <Match when={props.parameter.kind === "number"}>
        <TextField
          {...text()}
          hint={boundsText(props.parameter)}
          inputMode="numeric"
          autocomplete="off"
          value={props.value}
          onValue={props.onValue}
        />
      </Match>
      <Match when={props.parameter.kind === "choice"}>
        <SelectField
          label={props.parameter.label}
          optional={!props.parameter.required}
          error={props.error}
          value={props.value}
          onValue={props.onValue}
          options={[
            ...(props.parameter.required ? [] : [{ value: "", label: t("scripts.choiceNone") }]),
            ...(props.parameter.choices ?? []).map((choice) => ({ value: choice, label: choice })),
          ]}
        />
      </Match>
      <Match when={props.parameter.kind === "flag"}>
        <div>
          <CheckField
            label={props.parameter.label}
            name={`parameter-${props.parameter.name}`}
            checked={props.value === "true"}
            onChecked={(checked) => props.onValue(String(checked))}
          />
          <Show when={props.error}>{(words) => <p role="alert">{words()}</p>}</Show>
        </div>
      </Match>
    </Switch>
  );
}

/** `1 to 65535`, or the one end that there is. */
function boundsText({ minimum, maximum }: ScriptParameter): string | undefined {
  if (minimum !== undefined && maximum !== undefined)
    return t("scripts.between", { minimum: String(minimum), maximum: String(maximum) });
  if (minimum !== undefined) return t("scripts.atLeast", { minimum: String(minimum) });
  return maximum === undefined ? undefined : t("scripts.atMost", { maximum: String(maximum) });
}
