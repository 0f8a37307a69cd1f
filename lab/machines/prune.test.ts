// Retention rules against a row of backups.
import { describe, expect, test } from "vitest";
import { marksOf, type Backup } from "./prune.ts";
import { Turns } from "./turns.ts";

const at = (time: string, isProtected = false): Backup => ({
  volid: time,
  createdAt: Date.parse(`${time}:00Z`) / 1_000,
  protected: isProtected,
});
const BACKUPS = [
  at("2026-11-18T02:00"),
  at("2026-11-19T02:00"),
  at("2026-11-19T14:00"),
  at("2026-11-20T02:00", true),
  at("2026-11-21T02:00"),
  at("2026-11-21T03:00"),
];

function kept(rule: string): string[] {
  return [...marksOf(rule, BACKUPS)].filter(([, mark]) => mark === "keep").map(([volid]) => volid);
}

describe("what is kept", () => {
  test.each<[string, string[]]>([
    ["keep-last=2", ["2026-11-21T02:00", "2026-11-21T03:00"]],
    ["keep-daily=2", ["2026-11-19T14:00", "2026-11-21T03:00"]],
    ["keep-last=1,keep-daily=1", ["2026-11-19T14:00", "2026-11-21T03:00"]],
    ["keep-monthly=3", ["2026-11-21T03:00"]],
  ])("by %s", (rule, expected) => {
    expect(kept(rule)).toEqual(expected);
  });

  test("everything, where the rule says so or nothing", () => {
    expect(kept("keep-all=1")).toHaveLength(5);
    expect(kept("keep-last=0")).toHaveLength(5);
    expect(marksOf("keep-last=1", BACKUPS).get("2026-11-20T02:00")).toBe("protected");
  });
});

test("turns are taken in order, and who gives up waiting holds up nobody", async () => {
  const turns = new Turns();
  const seen: string[] = [];
  const first = Promise.withResolvers<void>();
  const quitter = new AbortController();
  const take = (name: string, signal: AbortSignal, work: () => Promise<void> | void): Promise<void> =>
    turns.take(
      "pve1",
      signal,
      () => seen.push(`${name} waits`),
      async () => {
        seen.push(name);
        await work();
      },
    );
  const patient = new AbortController().signal;
  const all = [
    take("a", patient, () => first.promise),
    take("b", quitter.signal, () => {}),
    take("c", patient, () => {}),
  ];
  quitter.abort(new Error("enough"));
  await expect(all[1]).rejects.toThrow("enough");
  expect(seen).toEqual(["a", "b waits", "c waits"]);
  first.resolve();
  await Promise.all([all[0], all[2]]);
  expect(seen.at(-1)).toBe("c");
});
