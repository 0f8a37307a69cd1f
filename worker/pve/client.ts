// The one request path to Proxmox VE: builds the URL, sends the token, sorts errors, checks what comes back.
import { z } from "zod";
import { kindOf, PveError } from "./errors.ts";

/** Where to ask and as whom. */
export interface PveAccess {
  /** Origin of the API, such as `https://pve1.example:8006`. */
  url: string;
  /** `user@realm!id` of an API token. */
  tokenId: string;
  secret: string;
  timeoutMs: number;
  /** Asked where the token is refused: the one that has replaced it meanwhile, or null where none has. */
  renew?: () => Promise<Pick<PveAccess, "tokenId" | "secret"> | null>;
}

export type PveMethod = "GET" | "POST" | "PUT" | "DELETE";
/** A list goes as the same name several times. */
export type PveParams = Record<string, string | number | boolean | readonly string[] | undefined>;

/**
 * Path below `/api2/json`, made by {@link pvePath}; a plain string is not taken, so that no text of a user reaches a URL unchecked.
 */
export type PvePath = string & { readonly __path: true };

/**
 * Tag for paths: every value becomes exactly one segment. The server decodes `%2F` before it routes, so anything but the
 * characters of ids is refused instead of encoded.
 */
export function pvePath(parts: TemplateStringsArray, ...values: (string | number)[]): PvePath {
  const path = parts.reduce((text, part, index) => text + segment(values[index - 1]) + part);
  return path as PvePath;
}

function segment(value: string | number | undefined): string {
  const text = String(value);
  if (!/^[A-Za-z0-9_][A-Za-z0-9@!._:-]*$/.test(text) || text.includes("..")) {
    throw new PveError("nonsense", 0, "an id that cannot be part of a path");
  }
  return encodeURIComponent(text);
}

/**
 * Sends one request and answers its `data`, checked by `schema`. A request whose token was replaced while it was on its way was
 * not carried out: it is sent once more, and from then on `access` holds the new token.
 * @throws PveError of the kind that tells what to do next.
 */
export async function pveRequest<T>(
  access: PveAccess,
  method: PveMethod,
  path: PvePath,
  params: PveParams,
  schema: z.ZodType<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await sendRequest(access, method, path, params, schema);
    } catch (error) {
      const isRefused = error instanceof PveError && error.kind === "unauthorised" && tries <= RENEWALS;
      const fresh = isRefused ? await access.renew?.() : null;
      if (!fresh) throw error;
      Object.assign(access, fresh);
    }
  }
}

/** How often one request may meet a token that was replaced. */
const RENEWALS = 5;

async function sendRequest<T>(
  access: PveAccess,
  method: PveMethod,
  path: PvePath,
  params: PveParams,
  schema: z.ZodType<T>,
): Promise<T> {
  const write = method !== "GET";
  let status: number;
  let statusText: string;
  let text: string;
  try {
    const response = await fetch(requestUrl(access, method, path, params), {
      method,
      headers: {
        authorization: authorization(access),
        ...(method === "POST" || method === "PUT" ? { "content-type": "application/x-www-form-urlencoded" } : {}),
      },
      body: method === "POST" || method === "PUT" ? form(params) : null,
      redirect: "manual",
      signal: AbortSignal.timeout(access.timeoutMs),
    });
    status = response.status;
    statusText = response.statusText;
    text = await response.text();
  } catch (cause) {
    if (cause instanceof PveError) throw cause;
    throw new PveError(write ? "uncertain" : "unreachable", 0, "no answer");
  }
  const body = parse(text);
  if (status !== 200) {
    const said = body?.message ?? (statusText || text);
    const fields = Object.entries(body?.errors ?? {}).map(([name, reason]) => `${name}: ${reason}`);
    const detail = [said, ...fields].join("; ");
    throw new PveError(kindOf(status, detail, write), status, detail);
  }
  const data = schema.safeParse(body?.data);
  if (body === null || !data.success) throw new PveError("nonsense", status, "an answer of another shape");
  return data.data;
}

/**
 * Opens a WebSocket on the API and returns the very response (status 101), for a caller that passes it through.
 * `protocol` is the subprotocol that the caller's own client has asked for: one that it has not asked for would be refused by
 * it. The signal, when aborted, closes both sides.
 */
export async function pveUpgrade(
  access: PveAccess,
  path: PvePath,
  params: PveParams,
  protocol: string | null,
  signal: AbortSignal,
): Promise<Response> {
  const response = await fetch(requestUrl(access, "GET", path, params), {
    headers: {
      authorization: authorization(access),
      upgrade: "websocket",
      ...(protocol === null ? {} : { "sec-websocket-protocol": protocol }),
    },
    signal,
  }).catch(() => {
    throw new PveError("unreachable", 0, "no answer");
  });
  if (response.status !== 101) {
    throw new PveError(kindOf(response.status, response.statusText, false), response.status, response.statusText);
  }
  return response;
}

/** What Proxmox VE sends where there is nothing to say. */
export const Nothing = z.unknown().transform(() => null);
/** Numbers may arrive as strings. */
export const LooseNumber = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .transform(Number),
]);
export const Upid = z
  .string()
  .regex(/^UPID:[A-Za-z0-9.-]+:[0-9A-Fa-f]+:[0-9A-Fa-f]+:[0-9A-Fa-f]+:[^:]*:[^:]*:[^:]+:.*$/);

function authorization(access: PveAccess): string {
  return `PVEAPIToken=${access.tokenId}=${access.secret}`;
}

function requestUrl(access: PveAccess, method: PveMethod, path: PvePath, params: PveParams): string {
  const url = new URL(`/api2/json${path}`, access.url);
  if (method === "GET" || method === "DELETE") url.search = form(params).toString();
  return url.href;
}

function form(params: PveParams): URLSearchParams {
  const entries = Object.entries(params).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one: unknown) => [name, one] as const),
  );
  return new URLSearchParams(
    entries
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, typeof value === "boolean" ? (value ? "1" : "0") : String(value)]),
  );
}

interface Envelope {
  data?: unknown;
  message?: string;
  errors?: Record<string, string>;
}

function parse(text: string): Envelope | null {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? (body as Envelope) : null;
  } catch {
    return null;
  }
}
