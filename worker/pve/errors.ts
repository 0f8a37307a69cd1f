// The ways in which a request to Proxmox VE can fail, told apart so that callers know whether to wait, look or give up.

/**
 * - `unreachable`: no answer at all, or 595; nothing is known to have been done.
 * - `uncertain`: the connection broke, timed out or was answered 596 after a write was sent: it may have been done.
 * - `unauthorised`: 401, the credential itself is refused.
 * - `forbidden`: 403 (also the one wrapped in a 500).
 * - `absent`: the guest, pool or user does not exist.
 * - `exists`: what was to be made is there already.
 * - `busy`: a lock is held; the same call may work a little later.
 * - `invalid`: 400, a parameter is refused.
 * - `failed`: any other answer that is not a success.
 * - `nonsense`: an answer that is not what the API promises.
 */
export type PveErrorKind =
  | "unreachable"
  | "uncertain"
  | "unauthorised"
  | "forbidden"
  | "absent"
  | "exists"
  | "busy"
  | "invalid"
  | "failed"
  | "nonsense";

export class PveError extends Error {
  readonly kind: PveErrorKind;
  readonly status: number;
  /** What the server said, trimmed to one short line; shown to operators only. */
  readonly detail: string;

  constructor(kind: PveErrorKind, status: number, detail: string) {
    const line = oneLine(detail);
    super(`Proxmox VE: ${kind} (${status}) ${line}`);
    this.name = "PveError";
    this.kind = kind;
    this.status = status;
    this.detail = line;
  }
}

/** True where waiting a little and asking again may help. */
export function isTransient(error: unknown): boolean {
  return error instanceof PveError && ["unreachable", "uncertain", "busy", "failed", "nonsense"].includes(error.kind);
}

export function isPveError(error: unknown, ...kinds: PveErrorKind[]): error is PveError {
  return error instanceof PveError && (kinds.length === 0 || kinds.includes(error.kind));
}

/** Sorts an answer's status and text; `write` tells whether the request could have changed something. */
export function kindOf(status: number, text: string, write: boolean): PveErrorKind {
  if (status === 401) return "unauthorised";
  if (status === 403 || /\b403 Permission check failed/.test(text)) return "forbidden";
  if (status === 595) return "unreachable";
  if (status === 596 || status === 599 || status === 502 || status === 504) return write ? "uncertain" : "unreachable";
  if (status === 503) return "unreachable";
  return kindOfText(text) ?? (status === 400 ? "invalid" : "failed");
}

/** Sorts the text of an error, be it an answer's or a task's; null where the text says nothing known. */
export function kindOfText(text: string): PveErrorKind | null {
  if (/\b403 Permission check failed/.test(text)) return "forbidden";
  if (/can't lock file|is locked \(|got timeout|unable to acquire|trying to acquire lock/.test(text)) return "busy";
  if (/already exists|file exists/i.test(text)) return "exists";
  if (/does not exist|unable to find configuration file|no such (user|token|task)/i.test(text)) return "absent";
  return null;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim().slice(0, 300);
}
