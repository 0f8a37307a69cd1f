// Remembers what a recorded value is called in this run: tickets, secrets, task ids, digests, names of backups.
import type { Json } from "./recordings.ts";

const PLACEHOLDER = /\{\{[^{}]+\}\}/g;
const BACKUP = /vzdump-(?:qemu|lxc)-\d+-\d{4}_\d\d_\d\d-\d\d_\d\d_\d\d/g;
const DIGEST = /^[0-9a-f]{40}$/;

export class Bindings {
  readonly #values = new Map<string, string>();

  set(recorded: string, actual: string): void {
    this.#values.set(recorded, actual);
  }

  get(recorded: string): string | undefined {
    return this.#values.get(recorded);
  }

  /** A recorded text as it reads in this run. */
  applied(text: string): string {
    const named = text.replace(PLACEHOLDER, (name) => this.#values.get(name) ?? name);
    const whole = this.#values.get(named);
    if (whole !== undefined) return whole;
    return named.replace(BACKUP, (name) => this.#values.get(name) ?? name);
  }

  /** Walks a recorded answer beside the one of this run and notes what stands for what. */
  learn(recorded: Json | undefined, actual: Json | undefined): void {
    if (typeof recorded === "string" && typeof actual === "string") {
      if (/^\{\{[^{}]+\}\}$/.test(recorded) || DIGEST.test(recorded)) this.set(recorded, actual);
      return;
    }
    if (typeof recorded !== "object" || recorded === null || typeof actual !== "object" || actual === null) return;
    if (Array.isArray(recorded) || Array.isArray(actual)) {
      if (Array.isArray(recorded) && Array.isArray(actual))
        for (const [index, item] of recorded.entries()) this.learn(item, actual[index]);
      return;
    }
    for (const [key, value] of Object.entries(recorded)) this.learn(value, actual[key]);
  }

  /** Backups are named by the second: those of one task's log stand for each other in their order. */
  learnBackups(recorded: Json, actual: Json): void {
    const theirs = [...new Set(JSON.stringify(recorded).match(BACKUP) ?? [])];
    const ours = [...new Set(JSON.stringify(actual).match(BACKUP) ?? [])];
    for (const [index, name] of theirs.entries()) {
      const own = ours[index];
      if (own !== undefined) this.set(name, own);
    }
  }
}

/** A text without what differs from run to run: task ids, times in names, addresses of Perl source lines. */
export function plainText(text: string): string {
  return text
    .replaceAll(/UPID:[^\s'",]+:|\{\{upid:\d+\}\}/g, "UPID")
    .replaceAll(/(vzdump-(?:qemu|lxc)-\d+)-\d{4}_\d\d_\d\d-\d\d_\d\d_\d\d/g, "$1-TIME")
    .replaceAll(/(state-suspend)-\d{4}-\d\d-\d\d/g, "$1-DAY")
    .replaceAll(/ at \/usr\/share\/perl5\/\S+ line \d+\./g, "")
    .trim();
}
