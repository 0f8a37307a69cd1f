// A script being written: there and back, what its kind keeps of a parameter, and what is wrong with it.
import { describe, expect, it } from "vitest";
import type { ScriptSourceView } from "../../../worker/rules/views-automation.ts";
import { bodyOf, draftFaults, draftOf, NEW_PARAMETER, NEW_SCRIPT, parameterOf, type Draft } from "./draft.ts";

const source: ScriptSourceView = {
  id: "scr_1",
  name: "Web site",
  description: "Serves a page.",
  events: ["first_boot"],
  parameters: [
    { name: "site", label: "Site", kind: "text", required: true, initial: "shop", maximum: 20 },
    { name: "port", label: "Port", kind: "number", required: false, minimum: 1, maximum: 65_535 },
    { name: "channel", label: "Channel", kind: "choice", required: true, choices: ["stable", "beta"] },
    { name: "wipe", label: "Wipe", kind: "flag", required: false, initial: "true" },
  ],
  body: "#!/bin/sh\necho hi\n",
  timeoutSeconds: 60,
  active: true,
};
const draft = (more: Partial<Draft>): Draft => ({ ...NEW_SCRIPT, name: "Web", body: "echo hi", ...more });

describe("a draft", () => {
  it("of a script is that script again", () => {
    const { id: _id, ...body } = source;
    expect(bodyOf(draftOf(source))).toEqual(body);
    expect(draftFaults(draftOf(source))).toEqual({});
  });

  it("keeps of a parameter what its kind knows", () => {
    const row = {
      ...NEW_PARAMETER,
      name: " site ",
      label: "Site",
      initial: "x",
      minimum: 1,
      maximum: 9,
      choices: "a\n",
    };
    expect(parameterOf({ ...row, kind: "secret", required: true })).toEqual({
      name: "site",
      label: "Site",
      kind: "secret",
      required: true,
      maximum: 9,
    });
    expect(parameterOf({ ...row, kind: "choice", choices: " a \n\nb\na" })).toMatchObject({ choices: ["a", "b"] });
    expect(parameterOf({ ...row, kind: "flag", required: true })).toEqual({
      name: "site",
      label: "Site",
      kind: "flag",
      required: false,
    });
  });

  it("is told what is wrong with it, parameter by parameter", () => {
    const parameters = [
      { ...NEW_PARAMETER, name: "site", label: "Site" },
      { ...NEW_PARAMETER, name: "site", label: "" },
      { ...NEW_PARAMETER, name: "Not so", label: "x", kind: "choice" as const },
      { ...NEW_PARAMETER, name: "port", label: "x", kind: "number" as const, minimum: 9, maximum: 3 },
      { ...NEW_PARAMETER, name: "size", label: "x", kind: "number" as const, initial: "many" },
    ];
    const found = draftFaults(draft({ name: " ", events: [], body: "\n", timeoutSeconds: 9_999, parameters }));
    expect(Object.fromEntries(Object.entries(found).map(([field, { code }]) => [field, code]))).toEqual({
      name: "required",
      events: "choose_one",
      body: "required",
      timeoutSeconds: "too_big",
      "parameters/1/name": "parameter_taken",
      "parameters/1/label": "required",
      "parameters/2/name": "parameter_name",
      "parameters/2/choices": "choices_few",
      "parameters/3/maximum": "too_small",
      "parameters/4/initial": "initial_unfit",
    });
  });
});
