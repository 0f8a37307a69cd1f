// The table verb × case: what a row is, what was seen in each cell, and how it is printed.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../lab/stack/stack.ts";
import type { ErrorCode } from "../../worker/errors.ts";
import type { Permission } from "../../worker/rules/permissions.ts";
import { OPERATION_STEPS } from "../../worker/rules/views.ts";
import type { Accepted, OperationKind, Resource, ServiceView } from "../../worker/rules/views.ts";
import type { Tenant } from "./portal.ts";
import { textTable } from "./text-table.ts";
import { GUEST_KINDS } from "./verb-world.ts";
import type { GuestKind, VerbWorld } from "./verb-world.ts";

/** What a verb is done to. */
export interface Subject {
  tenant: Tenant;
  guest: GuestKind;
  /** None for a launch. */
  service: ServiceView | null;
  /** Number of its guest; 0 where there is none yet. */
  vmid: number;
  /** For what is to be made. */
  name: string;
  snapshot: string;
  /** Its name on the cluster. */
  snapshotName: string;
  backup: string;
  templateId: string;
  /** For the drive. */
  image: string;
  /** A script that was chosen to be run on demand. */
  choice: string;
  /** Whether what is there is backed up before something is restored over it. */
  safety: boolean;
}

export interface Ask {
  method: string;
  /** Below the tenant. */
  path: string;
  body?: unknown;
}

/** One request to Proxmox VE that an operation makes, as the lab can tell it from all others. */
export interface Call {
  step: string;
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  /** What query or body holds, where the path alone does not tell. */
  body?: string;
  /** How many requests of the same look come before. */
  after?: number;
  /** Type of the task that it begins, and the guest that the task is about where that is not the one that the step is about. */
  task?: string;
  about?: number;
  /** Done a second time it would do harm: there must be exactly one. */
  once?: true;
  /** Asks only. */
  reads?: true;
  /** Made only by a tenant's very first launch. */
  first?: true;
}

/** A refusal for the state that a service is in. */
export interface Wrong {
  what: string;
  /** Which of the services that stand ready for it. */
  of: keyof Standing;
  code: ErrorCode;
  /** Found out by the operation itself, which then fails. */
  later?: true;
  change?: (ask: Ask, subject: Subject, standing: Standing) => Ask;
}

/** Services that refusals are tried on, of each kind of guest: they stay as they are. */
export interface Standing {
  on: Subject;
  off: Subject;
  failed: Subject;
}

/** One verb, for virtual machines and containers alike. */
export interface Verb {
  kind: OperationKind;
  need: Permission;
  /** Makes a service of its own, whose guest has no number before. */
  makes?: true;
  /** Set where containers are refused it altogether. */
  machinesOnly?: true;
  /** How, where that is not `kind_unsupported`. */
  refusedAs?: ErrorCode;
  prepare: (world: VerbWorld, guest: GuestKind) => Promise<Subject>;
  ask: (subject: Subject) => Ask;
  /** What it asks of the cluster; `vmid` is the number of the guest that the operation is about. */
  calls: (subject: Subject, vmid: number, world: VerbWorld) => Call[];
  /** Steps that make no request of their own, and why. */
  silent?: (guest: GuestKind) => Record<string, string>;
  /** Whether a failure in a step leaves nothing of what was there. */
  fallen?: (step: string) => boolean;
  /** What is not as it should be when it has come about. */
  came: (world: VerbWorld, subject: Subject, accepted: Accepted) => Promise<string[]>;
  /** What it takes of the quota, as far as it can be refused for; or why nothing. */
  takes: { resource: Resource; later?: true } | string;
  wrong: (guest: GuestKind) => Wrong[];
  /** Requests that are wrong in themselves. */
  bad: (subject: Subject) => Ask[];
  /** What the slower of two may be told where that is not that the service is busy; each but `name_taken` tells who is doing what. */
  beaten?: readonly ErrorCode[];
}

/** Cases by the file that tries them. */
export const CASES = {
  done: ["comes about"],
  refused: ["quota", "rights", "wrong state", "foreign id", "bad input"],
  weather: ["failed task", "lost answer"],
  twice: ["two people at once", "one key ten times"],
  crash: ["crash"],
} as const;
export type Part = keyof typeof CASES;
export type Case = (typeof CASES)[Part][number];

/** All of them; `VERBS=launch,clone npm run test:portal -- …` tries some. */
export const KINDS = (Object.keys(OPERATION_STEPS) as OperationKind[]).filter(
  (kind) => process.env.VERBS?.split(",").includes(kind) !== false,
);

/** The cells of one file's cases. */
export class Cells {
  readonly #part: Part;
  readonly #seen = new Map<string, string[]>();
  readonly #faults = new Map<string, string[]>();

  constructor(part: Part) {
    this.#part = part;
  }

  /** Adds what was seen; a cell may hold several things. */
  note(kind: OperationKind, guest: GuestKind, name: Case, text: string): void {
    const key = keyOf(kind, guest, name);
    this.#seen.set(key, [...(this.#seen.get(key) ?? []), text]);
  }

  /** Adds what was not as it should be. */
  fault(kind: OperationKind, guest: GuestKind, name: Case, text: string): void {
    const key = keyOf(kind, guest, name);
    this.#faults.set(key, [...(this.#faults.get(key) ?? []), text]);
  }

  faults(kind: OperationKind, guest: GuestKind): string[] {
    return CASES[this.#part].flatMap((name) =>
      (this.#faults.get(keyOf(kind, guest, name)) ?? []).map((text) => `${name}: ${text}`),
    );
  }

  /** Cells of the whole table that nothing is known about. */
  empty(): string[] {
    return rowsOf(this.#part)
      .filter(({ key }) => !this.#seen.has(key))
      .map(({ key }) => key);
  }

  /** Prints the cells, keeps them, and writes the table as far as it is known. */
  tell(): void {
    const lines = rowsOf(this.#part).map(({ kind, guest, name, key }) => ({
      row: `${kind}, ${guest}`,
      name,
      text: (this.#seen.get(key) ?? []).join("; "),
    }));
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(join(FOLDER, `${this.#part}.json`), JSON.stringify(lines));
    process.stdout.write(`\nverb × case, ${this.#part}\n${printed(lines)}\n`);
    const all = readdirSync(FOLDER)
      .filter((file) => file.endsWith(".json"))
      .flatMap((file) => JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as Line[]);
    const rows = new Set(all.map((line) => line.row)).size;
    const cases = new Set(all.map((line) => line.name)).size;
    const empty = all.filter((line) => line.text === "").length;
    const head = `verb × case: ${rows} rows, ${cases} cases, ${all.length} cells, ${empty} empty`;
    const order = Object.values(CASES).flat() as string[];
    const parts = order.map((name) => all.filter((line) => line.name === name)).filter((part) => part.length > 0);
    writeFileSync(`${FOLDER}.txt`, `${head}\n\n${parts.map(printed).join("\n\n")}\n`);
    process.stdout.write(`${head}\n`);
    for (const [key, faults] of this.#faults) process.stdout.write(`${key}:\n  ${faults.join("\n  ")}\n`);
  }
}

interface Line {
  row: string;
  name: string;
  text: string;
}

const FOLDER = join(ROOT, ".state/reports/verbs");

/** Short cells side by side; long ones one below the other. */
function printed(lines: readonly Line[]): string {
  const names = [...new Set(lines.map((line) => line.name))];
  const rows = [...new Set(lines.map((line) => line.row))];
  const textOf = (row: string, name: string) =>
    lines.find((line) => line.row === row && line.name === name)?.text ?? "";
  return textTable(
    ["verb", ...names],
    rows.map((row) => [row, ...names.map((name) => textOf(row, name))]),
  );
}

function rowsOf(part: Part) {
  return KINDS.flatMap((kind) =>
    GUEST_KINDS.flatMap((guest) => CASES[part].map((name) => ({ kind, guest, name, key: keyOf(kind, guest, name) }))),
  );
}

function keyOf(kind: OperationKind, guest: GuestKind, name: Case): string {
  return `${kind}, ${guest}: ${name}`;
}
