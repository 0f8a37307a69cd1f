// The editor of a script's parameters: one row each, in the order in which the form asks for them.
import ArrowUp from "lucide-solid/icons/arrow-up";
import Plus from "lucide-solid/icons/plus";
import Trash from "lucide-solid/icons/trash";
import { Index, Show } from "solid-js";
import { MOST_PARAMETERS } from "../../../worker/rules/scripts.ts";
import { t, type Key } from "../../i18n/language.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { AreaField, CheckField, NumberField, SelectField, TextField } from "../../ui/field.tsx";
import { KINDS, NEW_PARAMETER, type DraftParameter } from "./draft.ts";
import styles from "./scripts.module.css";

interface RowsProps {
  rows: readonly DraftParameter[];
  onRows: (rows: DraftParameter[]) => void;
  onRow: (index: number, change: Partial<DraftParameter>) => void;
  error: (index: number, field: keyof DraftParameter) => string | undefined;
}

export function ParameterRows(props: RowsProps) {
  const moveUp = (index: number) => {
    const rows = props.rows.map((row) => ({ ...row }));
    const [row] = rows.splice(index, 1);
    if (row) rows.splice(index - 1, 0, row);
    props.onRows(rows);
  };
  return (
    <>
      <Show when={props.rows.length > 0} fallback={<p class={styles.nothing}>{t("scripts.parametersNone")}</p>}>
        <Index each={props.rows}>
          {(row, index) => (
            <Row
              row={row()}
              index={index}
              onChange={(change) => props.onRow(index, change)}
              onUp={() => moveUp(index)}
              onRemove={() =>
                props.onRows(props.rows.filter((_, other) => other !== index).map((each) => ({ ...each })))
              }
              error={(field) => props.error(index, field)}
            />
          )}
        </Index>
      </Show>
      <Show when={props.rows.length < MOST_PARAMETERS}>
        <div class={styles.addParameter}>
          <Button
            icon={Plus}
            onClick={() => props.onRows([...props.rows.map((row) => ({ ...row })), { ...NEW_PARAMETER }])}
          >
            {t("scripts.parameterAdd")}
          </Button>
        </div>
      </Show>
    </>
  );
}

interface RowProps {
  row: DraftParameter;
  index: number;
  onChange: (change: Partial<DraftParameter>) => void;
  onUp: () => void;
  onRemove: () => void;
  error: (field: keyof DraftParameter) => string | undefined;
}

function Row(props: RowProps) {
  const number = () => props.index + 1;
  const name = (field: string) => `parameter-${props.index}-${field}`;
  const is = (...kinds: DraftParameter["kind"][]) => kinds.includes(props.row.kind);
  return (
    <fieldset class={styles.parameter} data-parameter={props.index}>
      <legend class="visually-hidden">{t("scripts.parameterOne", { number: number() })}</legend>
      <div class={styles.parameterHead}>
        <h3 aria-hidden="true">{t("scripts.parameterOne", { number: number() })}</h3>
        <Show when={props.index > 0}>
          <IconButton
            icon={ArrowUp}
            label={t("scripts.parameterUp", { number: number() })}
            onClick={() => props.onUp()}
          />
        </Show>
        <IconButton
          icon={Trash}
          label={t("scripts.parameterRemove", { number: number() })}
          onClick={() => props.onRemove()}
        />
      </div>
      <div class={styles.grid}>
        <TextField
          label={t("scripts.parameter.label")}
          name={name("label")}
          autocomplete="off"
          maxLength={60}
          value={props.row.label}
          onValue={(label) => props.onChange({ label })}
          error={props.error("label")}
        />
        <TextField
          label={t("scripts.parameter.name")}
          hint={props.row.name ? `$NBX_${props.row.name.toUpperCase()}` : undefined}
          name={name("name")}
          mono
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          maxLength={32}
          value={props.row.name}
          onValue={(value) => props.onChange({ name: value })}
          error={props.error("name")}
        />
        <SelectField
          label={t("scripts.parameter.kind")}
          value={props.row.kind}
          onValue={(kind) => props.onChange({ kind: kind as DraftParameter["kind"], initial: "" })}
          options={KINDS.map((kind) => ({ value: kind, label: t(`scripts.kind.${kind}` as Key) }))}
        />
      </div>
      <Show when={is("choice")}>
        <AreaField
          label={t("scripts.parameter.choices")}
          hint={t("scripts.parameter.choicesHint")}
          name={name("choices")}
          rows={3}
          value={props.row.choices}
          onValue={(choices) => props.onChange({ choices })}
          error={props.error("choices")}
        />
      </Show>
      <div class={styles.grid}>
        <Show when={is("text", "number", "choice")}>
          <TextField
            label={t("scripts.parameter.initial")}
            name={name("initial")}
            optional
            autocomplete="off"
            value={props.row.initial}
            onValue={(initial) => props.onChange({ initial })}
            error={props.error("initial")}
          />
        </Show>
        <Show when={is("number")}>
          <NumberField
            label={t("scripts.parameter.minimum")}
            name={name("minimum")}
            optional
            value={props.row.minimum}
            onValue={(minimum) => props.onChange({ minimum })}
            error={props.error("minimum")}
          />
        </Show>
        <Show when={is("number", "text", "secret")}>
          <NumberField
            label={t(is("number") ? "scripts.parameter.maximum" : "scripts.parameter.length")}
            name={name("maximum")}
            optional
            value={props.row.maximum}
            onValue={(maximum) => props.onChange({ maximum })}
            error={props.error("maximum")}
          />
        </Show>
      </div>
      <Show
        when={is("flag")}
        fallback={
          <CheckField
            label={t("scripts.parameter.required")}
            name={name("required")}
            checked={props.row.required}
            onChecked={(required) => props.onChange({ required })}
          />
        }
      >
        <CheckField
          label={t("scripts.parameter.initialSet")}
          name={name("initial")}
          checked={props.row.initial === "true"}
          onChecked={(checked) => props.onChange({ initial: checked ? "true" : "" })}
        />
      </Show>
    </fieldset>
  );
}
