// The part of the launch wizard's reducer that is about scripts for the first boot.
import type { ScriptView } from "../../../worker/rules/views-automation.ts";
import type { FirstBootScript } from "../../api-automation.ts";
import type { FieldErrors } from "../../ui/form.ts";
import { initialValues, sentValues, valueFaults, type Values } from "../scripts/values.ts";

export interface ChosenScript {
  script: ScriptView;
  values: Values;
  /** Parameters that are told about: those that were left. */
  touched: readonly string[];
}

/** What of the wizard's state this is about. */
export interface ScriptsState {
  scripts: readonly ChosenScript[];
  /** Kept, but not sent, while the template is a container's. */
  asRoot: boolean;
  /** True once a launch was tried: then all is told. */
  tried: boolean;
  refused: Readonly<Record<string, string>>;
}

export type ScriptsAction =
  | { type: "script"; script: ScriptView; wanted: boolean }
  | { type: "scriptValue"; scriptId: string; name: string; value: string }
  | { type: "scriptLeft"; scriptId: string; name: string };

export function reduceScripts<S extends ScriptsState>(state: S, action: ScriptsAction): S {
  switch (action.type) {
    case "script": {
      const { script } = action;
      const others = state.scripts.filter((choice) => choice.script.id !== script.id);
      const choice = { script, values: initialValues(script.parameters), touched: [] };
      // Refusals point by place, and places move.
      const refused = Object.fromEntries(Object.entries(state.refused).filter(([field]) => !isOfScript(field)));
      return { ...state, scripts: action.wanted ? [...others, choice] : others, refused };
    }
    case "scriptValue": {
      const index = state.scripts.findIndex(({ script }) => script.id === action.scriptId);
      const { [`scripts/${index}/values/${action.name}`]: _gone, ...refused } = state.refused;
      return {
        ...changed(state, action.scriptId, ({ values }) => ({ values: { ...values, [action.name]: action.value } })),
        refused,
      };
    }
    case "scriptLeft":
      return changed(state, action.scriptId, ({ touched, values }) =>
        (values[action.name] ?? "") === "" || touched.includes(action.name)
          ? {}
          : { touched: [...touched, action.name] },
      );
  }
}

function changed<S extends ScriptsState>(
  state: S,
  scriptId: string,
  change: (choice: ChosenScript) => Partial<ChosenScript>,
): S {
  return {
    ...state,
    scripts: state.scripts.map((choice) => (choice.script.id === scriptId ? { ...choice, ...change(choice) } : choice)),
  };
}

/** What goes with the launch; nothing where the template is a container's. */
export function sentScripts(state: Pick<ScriptsState, "scripts" | "asRoot">): FirstBootScript[] {
  if (state.asRoot) return [];
  return state.scripts.map(({ script, values }) => ({ scriptId: script.id, values: sentValues(values) }));
}

/** What is wrong, by `<place>/<parameter>`. */
export function scriptProblems(state: Pick<ScriptsState, "scripts" | "asRoot">): FieldErrors {
  if (state.asRoot) return {};
  return Object.fromEntries(
    state.scripts.flatMap(({ script, values }, index) =>
      Object.entries(valueFaults(script.parameters, values)).map(([name, fault]) => [`${index}/${name}`, fault]),
    ),
  );
}

/** What to show beside the fields: problems of what was left or tried, and what the Worker refused. */
export function shownScriptProblems(state: ScriptsState): FieldErrors {
  const local = Object.entries(scriptProblems(state)).filter(([field]) => {
    const [index = "", name = ""] = field.split("/");
    return state.tried || state.scripts[Number(index)]?.touched.includes(name);
  });
  const refused = Object.entries(state.refused).flatMap(([field, code]) => {
    const [, index, name] = REFUSED.exec(field) ?? [];
    return index === undefined ? [] : [[`${index}/${name}`, { code }] as const];
  });
  return { ...Object.fromEntries(local), ...Object.fromEntries(refused) };
}

const REFUSED = /^scripts\/(\d+)\/values\/(\w+)$/;

/** Whether a refusal is told beside the field of a script's parameter. */
export function isScriptValue(field: string): boolean {
  return REFUSED.test(field);
}

export function isOfScript(field: string): boolean {
  return field.startsWith("scripts/");
}
