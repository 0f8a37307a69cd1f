// Brings code of the Worker into a test without its types, which need those of Cloudflare and clash with Node's.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../../lab/stack/stack.ts";

/** Loads a module below worker/; the caller says what it uses of it. */
export async function workerCode<T>(path: string): Promise<T> {
  return (await import(/* @vite-ignore */ pathToFileURL(resolve(ROOT, "worker", path)).href)) as T;
}

/** What tests use of worker/domain/sealing.ts. */
export interface Sealing {
  seal: (deps: SealingDeps, place: string, secret: string) => Promise<string>;
  open: (deps: SealingDeps, place: string, sealed: string) => Promise<string>;
}

export interface SealingDeps {
  config: { ENCRYPTION_KEY: string; ENCRYPTION_KEY_ID: string; ENCRYPTION_KEYS_OLD: Map<string, string> };
  log: (level: string, event: string, fields?: object) => void;
}
