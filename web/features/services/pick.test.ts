import { describe, expect, it } from "vitest";
import { ableTo, found } from "./pick.ts";

const service = (name: string, power: "running" | "stopped" | "unknown", more: object = {}) => ({
  name,
  kind: "vm" as const,
  power,
  expired: false,
  deleteAt: null,
  state: "ready" as const,
  operationId: null as string | null,
  address: null as string | null,
  description: "",
  tags: [] as string[],
  template: { name: "Debian" },
  ...more,
});
const names = (rows: { name: string }[]) => rows.map((row) => row.name);

describe("services of a list", () => {
  const rows = [
    service("shop", "running", { address: "10.0.0.7" }),
    service("café", "stopped", { tags: ["kitchen"], description: "Orders and menus" }),
    service("mute", "unknown"),
    service("broken", "stopped", { state: "failed" }),
  ];

  it("are found by tags and notes", () => {
    expect(names(found(rows, { text: "kitch", state: "all" }))).toEqual(["café"]);
    expect(names(found(rows, { text: "Menus", state: "all" }))).toEqual(["café"]);
  });

  it("are found by name, template and address, whatever the case and the accents", () => {
    expect(names(found(rows, { text: " CAFE ", state: "all" }))).toEqual(["café"]);
    expect(names(found(rows, { text: "10.0.0", state: "all" }))).toEqual(["shop"]);
    expect(found(rows, { text: "debian", state: "all" })).toHaveLength(4);
  });

  it("are found by what they do; what has failed is not merely off", () => {
    expect(names(found(rows, { text: "", state: "stopped" }))).toEqual(["café"]);
    expect(names(found(rows, { text: "", state: "other" }))).toEqual(["mute", "broken"]);
  });
});

describe("what is done to many", () => {
  it("is asked only of those that it is possible for", () => {
    const rows = [service("a", "running"), service("b", "stopped"), service("c", "running", { operationId: "op_1" })];
    const owner = { role: "owner", open: true } as const;
    expect(names(ableTo(rows, "shutdown", owner))).toEqual(["a"]);
    expect(names(ableTo(rows, "start", owner))).toEqual(["b"]);
    expect(ableTo(rows, "start", { role: "viewer", open: true })).toEqual([]);
    expect(ableTo(rows, "start", { role: "owner", open: false })).toEqual([]);
  });
});
