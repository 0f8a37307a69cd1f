// What may be done to a service, by its state and by who asks.
import { expect, it } from "vitest";
import { possibleActions } from "./possible.ts";

const owner = { role: "owner", open: true } as const;

it("depends on state and power", () => {
  expect(possibleActions({ state: "ready", power: "running", operationId: null }, owner)).toEqual([
    "console",
    "shutdown",
    "reboot",
    "stop",
    "delete",
  ]);
  expect(possibleActions({ state: "ready", power: "stopped", operationId: null }, owner)).toEqual(["start", "delete"]);
  expect(possibleActions({ state: "creating", power: "unknown", operationId: "op_1" }, owner)).toEqual([]);
  expect(possibleActions({ state: "failed", power: "unknown", operationId: null }, owner)).toEqual(["delete"]);
});

it("leaves only the console while something is under way", () => {
  expect(possibleActions({ state: "ready", power: "running", operationId: "op_1" }, owner)).toEqual(["console"]);
});

it("is nothing for viewers, and what gives back in suspended organisations", () => {
  expect(
    possibleActions({ state: "ready", power: "running", operationId: null }, { role: "viewer", open: true }),
  ).toEqual([]);
  expect(
    possibleActions({ state: "ready", power: "running", operationId: null }, { role: "owner", open: false }),
  ).toEqual(["shutdown", "stop", "delete"]);
});
