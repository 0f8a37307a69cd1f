// Filled-in parameters: what a form begins with, what is sent, what is found wrong before it is sent.
import { describe, expect, it } from "vitest";
import type { ScriptParameter } from "../../../worker/rules/scripts.ts";
import { initialValues, sentValues, valueFaults } from "./values.ts";

const parameter = (more: Partial<ScriptParameter>): ScriptParameter => ({
  name: "site",
  label: "Site",
  kind: "text",
  required: false,
  ...more,
});
const parameters = [
  parameter({ name: "site", required: true, initial: "shop" }),
  parameter({ name: "port", kind: "number", minimum: 1, maximum: 65_535 }),
  parameter({ name: "channel", kind: "choice", required: true, choices: ["stable", "beta"] }),
  parameter({ name: "mode", kind: "choice", choices: ["a", "b"] }),
  parameter({ name: "token", kind: "secret", initial: "never" }),
  parameter({ name: "wipe", kind: "flag" }),
];

describe("a form", () => {
  it("begins with what is suggested, but with no secret", () => {
    expect(initialValues(parameters)).toEqual({
      site: "shop",
      port: "",
      channel: "stable",
      mode: "",
      token: "",
      wipe: "false",
    });
  });

  it("sends what was filled in", () => {
    expect(sentValues(initialValues(parameters))).toEqual({ site: "shop", channel: "stable", wipe: "false" });
  });

  it("is told what is wrong, with the bounds", () => {
    expect(valueFaults(parameters, { site: "", port: "70000", channel: "nightly" })).toEqual({
      site: { code: "required", params: {} },
      port: { code: "too_big", params: { minimum: 1, maximum: 65_535 } },
      channel: { code: "format", params: {} },
    });
    expect(valueFaults(parameters, { site: "x", channel: "beta", port: "a lot" })).toMatchObject({
      port: { code: "whole_number" },
    });
    expect(valueFaults(parameters, initialValues(parameters))).toEqual({});
  });
});
