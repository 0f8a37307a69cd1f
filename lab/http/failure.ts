// Refusals in the shapes of the real server: status, reason phrase, and a message or a map of errors by parameter.

/** An answer other than success. `message` becomes the reason phrase (first line) and the body's `message`. */
export class Failure extends Error {
  readonly status: number;
  readonly errors: Record<string, string> | undefined;
  /** `none` for answers of the authentication layer and of dead nodes, which have only a reason phrase. */
  readonly body: "json" | "plain" | "none";
  /** Simulated milliseconds for which the answer is held back. */
  readonly delayMs: number;

  constructor(
    status: number,
    message: string,
    options: { errors?: Record<string, string>; body?: "json" | "plain" | "none"; delayMs?: number } = {},
  ) {
    super(message);
    this.status = status;
    this.errors = options.errors;
    this.body = options.body ?? "json";
    this.delayMs = options.delayMs ?? 0;
  }
}

/** A failed login or ticket is answered this late. */
export const REFUSAL_DELAY_MS = 3_000;

/** 400 with a text per parameter. */
export function badParameters(errors: Record<string, string>): Failure {
  return new Failure(400, "Parameter verification failed.\n", { errors });
}

/** 500 with a text: most of what goes wrong is told in this way. */
export function failed(message: string): Failure {
  return new Failure(500, `${message}\n`);
}

/** 403; `detail` is what stands in the parentheses. */
export function forbidden(detail?: string): Failure {
  return new Failure(403, `Permission check failed${detail === undefined ? "" : ` (${detail})`}\n`);
}

/** 401 of the authentication layer: late, and without a body. */
export function unauthenticated(reason: string): Failure {
  return new Failure(401, reason, { body: "none", delayMs: REFUSAL_DELAY_MS });
}

/** The text of an error on one line, as a task's exit status shows it. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const plain = text.trim().split("\n")[0] ?? "";
  return error instanceof Failure && error.status !== 500 ? `${error.status} ${plain}` : plain;
}
