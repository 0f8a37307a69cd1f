// Reads the transcripts of a real server: one file per scenario, one step per HTTP exchange.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface Step {
  n: number;
  as: string;
  method: string;
  path: string;
  params?: JsonObject;
  /** Extra query parameters of a POST or PUT. */
  query?: JsonObject;
  requestContentType?: string;
  /** 0: the connection was closed without an answer. */
  status: number;
  reason: string;
  contentType: string | null;
  body: JsonObject | null;
  rawBody?: string;
  note?: string;
  responseHeaders?: JsonObject;
  upgrade?: JsonObject;
}

export interface Recording {
  /** File name without its ending, such as `03-launch-vm`. */
  name: string;
  scenario: string;
  steps: Step[];
}

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

/** Where the recordings are looked for: the folder that LAB_RECORDINGS names, else beside the repository. */
export function recordingsFolder(): string {
  return resolve(process.env["LAB_RECORDINGS"] ?? join(REPOSITORY, "../shared/pve/recordings"));
}

/** All recordings of the folder in order, or null where it is not there. */
export function loadRecordings(folder: string): Recording[] | null {
  if (!existsSync(folder)) return null;
  const files = readdirSync(folder).filter((file) => /^\d\d-.*\.json$/.test(file));
  if (files.length === 0) return null;
  return files.sort().map((file) => {
    const { scenario, steps } = JSON.parse(readFileSync(join(folder, file), "utf8")) as Omit<Recording, "name">;
    return { name: file.replace(/\.json$/, ""), scenario, steps };
  });
}
