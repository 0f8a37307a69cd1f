// What may be done to a service, by its kind and state, by its dates, and by who asks.
import { describe, expect, it } from "vitest";
import { isChangeable, isDescribable, onHead, possibleActions, type Doable } from "./possible.ts";

const owner = { role: "owner", open: true } as const;
const service = (more: Partial<Doable> = {}): Doable => ({
  kind: "vm",
  state: "ready",
  power: "running",
  operationId: null,
  expired: false,
  deleteAt: null,
  ...more,
});
const both = (more: Partial<Doable> = {}) => [isChangeable(service(more)), isDescribable(service(more))];
const possible = (more: Partial<Doable> = {}) => possibleActions(service(more), owner).join(" ");

describe("what is possible", () => {
  it("depends on kind, state and power", () => {
    expect(possible()).toBe("console shutdown reboot suspend reset stop delete");
    expect(possible({ kind: "container" })).toBe("console shutdown reboot stop delete");
    expect(possible({ power: "paused" })).toBe("console resume stop delete");
    expect(possible({ power: "stopped" })).toBe("start delete");
    expect(possible({ power: "unknown" })).toBe("delete");
    expect(possible({ state: "creating", power: "unknown", operationId: "op_1" })).toBe("");
    expect(possible({ state: "deleting", operationId: "op_1" })).toBe("");
    expect(possible({ state: "failed", power: "unknown" })).toBe("delete");
  });

  it("is only the console while something is under way", () => {
    expect(possible({ operationId: "op_1" })).toBe("console");
    expect(possible({ operationId: "op_1", power: "stopped" })).toBe("");
  });

  it("brings up nothing that has expired or is to be deleted", () => {
    expect(possible({ power: "stopped", expired: true })).toBe("delete");
    expect(possible({ power: "paused", deleteAt: 9 })).toBe("console stop delete");
    expect(possible({ deleteAt: 9 })).toBe("console shutdown suspend reset stop delete");
  });

  it("is nothing for viewers, and what gives back in suspended organisations", () => {
    expect(possibleActions(service(), { role: "viewer", open: true })).toEqual([]);
    expect(possibleActions(service(), { role: "owner", open: false })).toEqual(["shutdown", "stop", "delete"]);
  });
});

it("is changed while nothing is under way, and described at any time, until it is about to go", () => {
  expect(both()).toEqual([true, true]);
  expect(both({ operationId: "op_1" })).toEqual([false, true]);
  expect(both({ deleteAt: 9 })).toEqual([false, false]);
  expect(both({ state: "failed" })).toEqual([false, false]);
});

describe("the head of a page", () => {
  it("has what is done often as buttons, and the rest in a menu", () => {
    expect(onHead(possibleActions(service(), owner))).toEqual({
      buttons: ["console", "shutdown", "reboot"],
      menu: ["suspend", "reset", "stop", "delete"],
    });
  });

  it("has no menu of one", () => {
    expect(onHead(["start", "delete"])).toEqual({ buttons: ["start", "delete"], menu: [] });
    expect(onHead([])).toEqual({ buttons: [], menu: [] });
  });
});
