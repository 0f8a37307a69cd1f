// Scripts for the first boot in the wizard: chosen, filled in, kept through everything, and told what is wrong with them.
import { describe, expect, it } from "vitest";
import type { ScriptView } from "../../../worker/rules/views-automation.ts";
import type { CatalogueView, Problem, TemplateView } from "../../../worker/rules/views.ts";
import { scriptProblems, shownScriptProblems } from "./scripts-state.ts";
import { INITIAL, launchBody, reduce, shownProblems, type LaunchAction, type LaunchState } from "./state.ts";

const web: ScriptView = {
  id: "scr_web",
  name: "Web site",
  description: "Serves a page.",
  events: ["first_boot"],
  parameters: [
    { name: "name", label: "Site", kind: "text", required: true },
    { name: "port", label: "Port", kind: "number", required: false, minimum: 1, maximum: 65_535 },
    { name: "tls", label: "Encrypted", kind: "flag", required: false },
  ],
};
const update: ScriptView = { ...web, id: "scr_update", name: "Update", parameters: [] };
const template = (kind: "vm" | "container"): TemplateView => ({
  id: `tpl_${kind}`,
  kind,
  name: kind,
  description: "",
  logo: "generic",
  category: "Systems",
  minCores: 1,
  minMemoryMiB: 512,
  minDiskGiB: 4,
  defaultUser: "ana",
});
const catalogue: CatalogueView = {
  templates: [template("vm"), template("container")],
  plans: [],
  bounds: { cores: [1, 32], memoryMiB: [64, 131_072], diskGiB: [1, 2_048] },
};
const choose = (kind: "vm" | "container"): LaunchAction => ({ type: "template", template: template(kind), catalogue });
const tick = (script: ScriptView, wanted = true): LaunchAction => ({ type: "script", script, wanted });
const type = (name: string, value: string): LaunchAction => ({
  type: "scriptValue",
  scriptId: web.id,
  name,
  value,
});
const run = (actions: LaunchAction[], from: LaunchState = INITIAL) => actions.reduce(reduce, from);
const filled = run([choose("vm"), tick(update), tick(web), type("name", "shop")]);
const refusal = (pointer: string): LaunchAction => ({
  type: "refused",
  problem: {
    type: "",
    title: "",
    status: 400,
    code: "validation_failed",
    requestId: "req_1",
    errors: [{ pointer, code: "too_long" }],
  } satisfies Problem,
});

describe("scripts for the first boot", () => {
  it("go with the launch, filled in as far as they were", () => {
    expect(launchBody(filled).scripts).toEqual([
      { scriptId: "scr_update", values: {} },
      { scriptId: "scr_web", values: { name: "shop", tls: "false" } },
    ]);
    expect(launchBody(run([choose("vm")]))).not.toHaveProperty("scripts");
    expect(launchBody(run([tick(update, false), tick(web, false)], filled))).not.toHaveProperty("scripts");
  });

  it("are kept over another template and another step, and left out for a container", () => {
    const contained = run([choose("container"), { type: "go", step: 2, catalogue }], filled);
    expect(launchBody(contained)).not.toHaveProperty("scripts");
    expect(scriptProblems({ ...contained, scripts: [] })).toEqual({});
    expect(launchBody(run([choose("vm")], contained)).scripts).toEqual(launchBody(filled).scripts);
  });

  it("are complained about once a field was left, or a launch was tried", () => {
    const wrong = run([type("port", "99999"), type("name", "")], filled);
    expect(Object.keys(scriptProblems(wrong)).sort()).toEqual(["1/name", "1/port"]);
    expect(shownScriptProblems(wrong)).toEqual({});
    const left = run([{ type: "scriptLeft", scriptId: web.id, name: "port" }], wrong);
    expect(shownScriptProblems(left)).toMatchObject({ "1/port": { code: "too_big" } });
    expect(Object.keys(shownScriptProblems(run([{ type: "try" }], wrong))).sort()).toEqual(["1/name", "1/port"]);
    expect(shownScriptProblems(run([{ type: "try" }, choose("container")], wrong))).toEqual({});
  });

  it("are told what the Worker refused, and their name is not the service's", () => {
    const refused = run([refusal("#/scripts/1/values/name")], filled);
    expect(shownScriptProblems(refused)).toEqual({ "1/name": { code: "too_long" } });
    expect(shownProblems(refused)).toEqual({});
    expect(shownScriptProblems(run([type("name", "x")], refused))).toEqual({});
    expect(shownScriptProblems(run([tick(update, false)], refused))).toEqual({});
    expect(shownProblems(run([refusal("#/name")], filled))).toEqual({ name: "too_long" });
  });
});
