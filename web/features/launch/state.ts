// The launch wizard as a pure reducer: what was chosen, what is wrong with it, and the request under way.
import { loginUserProblem, nameProblem, sshKeysProblem } from "../../../worker/rules/names.ts";
import type { CatalogueView, PlanView, Problem, TemplateView } from "../../../worker/rules/views.ts";
import type { LaunchBody, Size } from "../../api.ts";
import { isOfScript, reduceScripts, sentScripts, type ScriptsAction, type ScriptsState } from "./scripts-state.ts";
import { wayInProblem } from "../ssh-keys/lines.ts";

export type Step = 1 | 2 | 3;
export type LoginField = "name" | "user" | "password" | "sshKeys";

export interface LaunchState extends ScriptsState {
  step: Step;
  templateId: string | null;
  size: Size;
  /** Plan that the size was taken from, null for a size of one's own. */
  planId: string | null;
  name: string;
  user: string;
  /** True where the template is a container's: there one logs in as root. */
  asRoot: boolean;
  /** True once the person typed the user: then a change of template leaves it alone. */
  userTyped: boolean;
  password: string;
  sshKeys: string;
  /** Keys that the person keeps, and that may sign in. */
  keyIds: readonly string[];
  /** Whether keys that were typed are kept. */
  keepKeys: boolean;
  /** Fields that are told about: those that were left, or all after an attempt to launch. */
  touched: readonly LoginField[];
  /** What the Worker found wrong, by field, until the field is changed. */
  refused: Readonly<Record<string, string>>;
  problem: Problem | null;
  sending: boolean;
  /** Idempotency-Key of the request that was sent and has no final answer yet, with the body that it stands for. */
  attempt: { key: string; body: string } | null;
}

export type LaunchAction =
  | { type: "template"; template: TemplateView; catalogue: CatalogueView }
  | { type: "plan"; plan: PlanView }
  | { type: "size"; size: Partial<Size> }
  | { type: "field"; field: LoginField; value: string }
  | { type: "keys"; keyIds?: readonly string[]; keep?: boolean }
  | { type: "left"; field: LoginField }
  | { type: "go"; step: Step; catalogue: CatalogueView }
  | { type: "try" }
  | { type: "send"; key: string }
  | { type: "refused"; problem: Problem }
  | ScriptsAction;

export const INITIAL: LaunchState = {
  step: 1,
  templateId: null,
  size: { cores: 1, memoryMiB: 1024, diskGiB: 10 },
  planId: null,
  name: "",
  user: "",
  asRoot: false,
  userTyped: false,
  password: "",
  sshKeys: "",
  scripts: [],
  tried: false,
  keyIds: [],
  keepKeys: false,
  touched: [],
  refused: {},
  problem: null,
  sending: false,
  attempt: null,
};

export function reduce(state: LaunchState, action: LaunchAction): LaunchState {
  switch (action.type) {
    case "template":
      return chooseTemplate(state, action.template, action.catalogue);
    case "plan":
      return { ...state, planId: action.plan.id, size: sizeOf(action.plan), problem: null };
    case "size":
      return { ...state, planId: null, size: { ...state.size, ...action.size }, problem: null };
    case "field": {
      const { [action.field]: _gone, ...refused } = state.refused;
      return {
        ...state,
        [action.field]: action.value,
        userTyped: state.userTyped || action.field === "user",
        refused,
        problem: null,
      };
    }
    case "keys": {
      // Whoever ticks a key has given a way to sign in; what was said of a missing one is no longer so.
      const { password: _password, keyIds: _keyIds, ...refused } = state.refused;
      return {
        ...state,
        keyIds: action.keyIds ?? state.keyIds,
        keepKeys: action.keep ?? state.keepKeys,
        refused,
        problem: null,
      };
    }
    case "left":
      return state[action.field] === "" || state.touched.includes(action.field)
        ? state
        : { ...state, touched: [...state.touched, action.field] };
    case "go":
      return { ...state, step: reachable(state, action.step, action.catalogue) };
    case "try":
      return { ...state, tried: true, touched: ["name", "user", "password", "sshKeys"] };
    case "send": {
      const body = JSON.stringify(launchBody(state));
      // The same request keeps its key, so that one whose answer was lost is not carried out twice.
      const attempt = state.attempt?.body === body ? state.attempt : { key: action.key, body };
      return { ...state, attempt, sending: true, problem: null, refused: {} };
    }
    case "refused":
      return takeRefusal(state, action.problem);
    default:
      return { ...reduceScripts(state, action), problem: null };
  }
}

/** What is wrong with the fields of the last step, by field; codes are keys of the dictionary (`field.…`). */
export function loginProblems(state: LaunchState): Partial<Record<LoginField, string>> {
  const found = {
    name: nameProblem(state.name),
    user: state.asRoot ? null : loginUserProblem(state.user),
    password: wayInProblem(state),
    sshKeys: sshKeysProblem(state.sshKeys),
  };
  return Object.fromEntries(Object.entries(found).filter(([, code]) => code !== null)) as Partial<
    Record<LoginField, string>
  >;
}

/** What to show beside the fields: problems of touched fields, and what the Worker refused. */
export function shownProblems(state: LaunchState): Partial<Record<LoginField, string>> {
  const local = Object.entries(loginProblems(state)).filter(([field]) => state.touched.includes(field as LoginField));
  const refused = Object.entries(state.refused).filter(([field]) => !isOfScript(field));
  return { ...Object.fromEntries(local), ...Object.fromEntries(refused) };
}

/** What is wrong with the size for this template and these bounds, by part; null parts are fine. */
export function sizeProblems(
  size: Size,
  template: TemplateView,
  bounds: CatalogueView["bounds"],
): Partial<Record<keyof Size, { code: "min" | "max"; value: number }>> {
  const least: Size = {
    cores: Math.max(template.minCores, bounds.cores[0]),
    memoryMiB: Math.max(template.minMemoryMiB, bounds.memoryMiB[0]),
    diskGiB: Math.max(template.minDiskGiB, bounds.diskGiB[0]),
  };
  const found: Partial<Record<keyof Size, { code: "min" | "max"; value: number }>> = {};
  for (const part of ["cores", "memoryMiB", "diskGiB"] as const) {
    if (size[part] < least[part]) found[part] = { code: "min", value: least[part] };
    else if (size[part] > bounds[part][1]) found[part] = { code: "max", value: bounds[part][1] };
  }
  return found;
}

export function fitsTemplate(size: Size, template: TemplateView): boolean {
  return (
    size.cores >= template.minCores && size.memoryMiB >= template.minMemoryMiB && size.diskGiB >= template.minDiskGiB
  );
}

export function launchBody(state: LaunchState): LaunchBody {
  const sshKeys = state.sshKeys.trim();
  const scripts = sentScripts(state);
  return {
    templateId: state.templateId ?? "",
    name: state.name,
    size: state.size,
    login: {
      ...(state.asRoot ? {} : { user: state.user }),
      ...(state.password === "" ? {} : { password: state.password }),
      ...(sshKeys === "" ? {} : { sshKeys }),
      ...(state.keyIds.length === 0 ? {} : { keyIds: state.keyIds }),
    },
    ...(scripts.length === 0 ? {} : { scripts }),
  };
}

function chooseTemplate(state: LaunchState, template: TemplateView, catalogue: CatalogueView): LaunchState {
  const chosen = {
    ...state,
    templateId: template.id,
    asRoot: template.kind === "container",
    user: state.userTyped || template.kind === "container" ? state.user : template.defaultUser,
    problem: null,
  };
  // A size that was chosen before and still fits is kept.
  if (state.templateId !== null && fitsTemplate(state.size, template)) return chosen;
  const plan = catalogue.plans.find((candidate) => fitsTemplate(sizeOf(candidate), template));
  if (plan) return { ...chosen, planId: plan.id, size: sizeOf(plan) };
  return {
    ...chosen,
    planId: null,
    size: { cores: template.minCores, memoryMiB: template.minMemoryMiB, diskGiB: template.minDiskGiB },
  };
}

/** The furthest step that may be shown: a template first, then a size that is possible. */
function reachable(state: LaunchState, wanted: Step, catalogue: CatalogueView): Step {
  const template = catalogue.templates.find((candidate) => candidate.id === state.templateId);
  if (!template || wanted === 1) return 1;
  if (wanted === 2 || Object.keys(sizeProblems(state.size, template, catalogue.bounds)).length > 0) return 2;
  return 3;
}

function takeRefusal(state: LaunchState, problem: Problem): LaunchState {
  // Parameters of a script may have the names of other fields: they are known by where they stand.
  const rows = (problem.errors ?? []).map(({ pointer, code }) => {
    const path = pointer.replace(/^#\//, "");
    return [isOfScript(path) ? path : (path.split("/").at(-1) ?? ""), code];
  });
  const refused: Record<string, string> = Object.fromEntries(rows);
  if (problem.code === "name_taken") refused["name"] = "taken";
  const final = problem.status >= 400 && problem.status < 500 && problem.status !== 429;
  return { ...state, sending: false, problem, refused, attempt: final ? null : state.attempt };
}

function sizeOf(plan: Size): Size {
  return { cores: plan.cores, memoryMiB: plan.memoryMiB, diskGiB: plan.diskGiB };
}
