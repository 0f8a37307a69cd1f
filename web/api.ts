// The Worker's routes as small typed functions; the only place that knows paths, and that turns failures into ApiError.
import type {
  Accepted,
  CatalogueView,
  ClusterView,
  ConsoleKind,
  ConsoleView,
  MeView,
  OperationView,
  Problem,
  QuotaPreview,
  QuotaView,
  ServiceView,
  TemplateView,
} from "../worker/rules/views.ts";
import type { ConfigView } from "../worker/rules/views-tree.ts";

/** A request that did not come off: `problem.code` is one of the Worker's codes, or `offline` where nothing answered. */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.code);
    this.name = "ApiError";
    this.problem = problem;
  }
}

export interface Size {
  cores: number;
  memoryMiB: number;
  diskGiB: number;
}

/** How one signs in to a guest that is made; at least a password or a key. */
export interface LoginBody {
  user?: string;
  password?: string;
  sshKeys?: string;
  /** Keys that the person keeps. */
  keyIds?: readonly string[];
}

export interface LaunchBody {
  templateId: string;
  name: string;
  size: Size;
  /** No user where the template is a container's. */
  login: LoginBody;
  /** Run at the first boot; not for containers. */
  scripts?: { scriptId: string; values: Record<string, string> }[];
}

export type PowerAction = "start" | "shutdown" | "stop" | "reboot" | "reset" | "suspend" | "resume";

/** How long a shutdown or restart may take, and whether the power is cut where it takes longer. */
export interface PowerOptions {
  timeoutSeconds?: number;
  force?: boolean;
}

export interface NewClusterBody {
  name: string;
  url: string;
  tokenId: string;
  tokenSecret: string;
  pool: string;
  tenantGroup: string;
  tenantRole: string;
  storage: string;
  vmidFrom: number;
  vmidTo: number;
}

export interface FoundTemplate {
  kind: "vm" | "container";
  /** Of a container: its archive. */
  volume: string | null;
  vmid: number;
  node: string;
  name: string;
  cores: number;
  memoryMiB: number;
  diskGiB: number;
  publishedAs: string | null;
}

export type PublishedTemplate = TemplateView & {
  vmid: number;
  volume: string | null;
  nesting: boolean;
  clusterId: string;
  active: boolean;
};

/** A virtual machine's number with its user, or a container's archive. */
export type NewTemplateBody = Omit<TemplateView, "id" | "kind" | "defaultUser"> & { clusterId: string } & (
    | { vmid: number; defaultUser: string }
    | { volume: string; nesting: boolean }
  );

/** Answer of a sign-in by password: who has an authenticator app shows a code of it before there is a session. */
export interface SignInAnswer {
  twoFactorRedirect?: boolean;
}

/** Called once whenever the Worker says that nobody is signed in; set by the frame. */
let sessionEnded: () => void = () => {};

export function onSessionEnded(handler: () => void): void {
  sessionEnded = handler;
}

export const tenantPath = (tenant: string) => `/api/tenants/${encodeURIComponent(tenant)}`;
export const part = encodeURIComponent;

export const api = {
  signUp: (body: {
    name: string;
    email: string;
    password: string;
    organisation: string;
    locale: string;
    storefront?: string;
  }) => post<unknown>("/api/auth/sign-up/email", { ...body, callbackURL: "/" }),
  resendVerification: (email: string) =>
    post<unknown>("/api/auth/send-verification-email", { email, callbackURL: "/" }),
  signIn: (email: string, password: string) => post<SignInAnswer>("/api/auth/sign-in/email", { email, password }),
  signOut: () => post<unknown>("/api/auth/sign-out", {}),
  requestReset: (email: string) => post<unknown>("/api/auth/request-password-reset", { email }),
  resetPassword: (newPassword: string, token: string) =>
    post<unknown>("/api/auth/reset-password", { newPassword, token }),

  me: () => get<MeView>("/api/me"),
  /** What the pages need before anybody has signed in, under a front's link where there is one. */
  config: (link?: string) => get<ConfigView>(`/api/config${link ? `?link=${part(link)}` : ""}`),

  quota: (tenant: string) => get<QuotaView>(`${tenantPath(tenant)}/quota`),
  previewQuota: (tenant: string, size: Size) => post<QuotaPreview>(`${tenantPath(tenant)}/quota/preview`, size),
  catalogue: (tenant: string) => get<CatalogueView>(`${tenantPath(tenant)}/catalogue`),
  services: (tenant: string) => get<{ services: ServiceView[] }>(`${tenantPath(tenant)}/services`),
  service: (tenant: string, service: string) =>
    get<{ service: ServiceView; operations: OperationView[] }>(`${tenantPath(tenant)}/services/${part(service)}`),
  launch: (tenant: string, body: LaunchBody, key: string) =>
    post<Accepted>(`${tenantPath(tenant)}/services`, body, key),
  power: (tenant: string, service: string, action: PowerAction, key: string, options: PowerOptions = {}) =>
    post<Accepted>(`${tenantPath(tenant)}/services/${part(service)}/power`, { action, ...options }, key),
  /** At once, or after days of grace in which it can still be kept. */
  remove: (tenant: string, service: string, typedName: string, key: string, graceDays = 0) =>
    send<Accepted>(
      "DELETE",
      `${tenantPath(tenant)}/services/${part(service)}?confirm=${part(typedName)}${graceDays > 0 ? `&graceDays=${graceDays}` : ""}`,
      undefined,
      key,
    ),
  console: (tenant: string, service: string, kind: ConsoleKind) =>
    post<ConsoleView>(`${tenantPath(tenant)}/services/${part(service)}/console`, { kind }),
  operations: (tenant: string) => get<{ operations: OperationView[] }>(`${tenantPath(tenant)}/operations?limit=50`),
  operation: (tenant: string, operation: string) =>
    get<{ operation: OperationView; service: ServiceView | null }>(
      `${tenantPath(tenant)}/operations/${part(operation)}`,
    ),
  retry: (tenant: string, operation: string, key: string) =>
    post<Accepted>(`${tenantPath(tenant)}/operations/${part(operation)}/retry`, {}, key),

  clusters: () => get<{ clusters: ClusterView[] }>("/api/operator/clusters"),
  addCluster: (body: NewClusterBody) => post<{ cluster: ClusterView }>("/api/operator/clusters", body),
  checkCluster: (cluster: string) =>
    post<{ cluster: ClusterView }>(`/api/operator/clusters/${part(cluster)}/check`, {}),
  templates: (cluster: string) =>
    get<{ found: FoundTemplate[]; published: PublishedTemplate[] }>(`/api/operator/templates?cluster=${part(cluster)}`),
  publish: (body: NewTemplateBody) => post<{ template: PublishedTemplate }>("/api/operator/templates", body),
  setTemplateActive: (template: string, active: boolean) =>
    send<{ template: PublishedTemplate }>("PUT", `/api/operator/templates/${part(template)}`, { active }),
};

/** Address of a path on this origin for a WebSocket. */
export function socketUrl(path: string): string {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/** Path of the WebSocket that carries a tenant's changes. */
export function feedPath(tenant: string): string {
  return `${tenantPath(tenant)}/feed`;
}

/** What a thrown thing amounts to, so that every failure can be told in the same way. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof ApiError) return thrown.problem;
  return { type: "about:blank", title: "", status: 0, code: "internal", requestId: "" };
}

// A launch is answered at once, so whatever is silent for this long has been lost on the way.
const REQUEST_TIMEOUT_MS = 45_000;

export const get = <T>(path: string) => send<T>("GET", path);
export const post = <T>(path: string, body: unknown, key?: string) => send<T>("POST", path, body, key);

/** Sends a request of JSON. @throws ApiError */
export async function send<T>(method: string, path: string, body?: unknown, idempotencyKey?: string): Promise<T> {
  const headers = new Headers({ accept: "application/json" });
  if (body !== undefined) headers.set("content-type", "application/json");
  if (idempotencyKey) headers.set("idempotency-key", idempotencyKey);
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
  } catch {
    throw new ApiError({ type: "about:blank", title: "", status: 0, code: "offline", requestId: "" });
  }
  const parsed: unknown = await response.json().catch(() => null);
  if (response.ok) return parsed as T;
  const problem = asProblem(parsed, response);
  if (problem.code === "not_signed_in") sessionEnded();
  throw new ApiError(problem);
}

function asProblem(parsed: unknown, response: Response): Problem {
  if (typeof parsed === "object" && parsed !== null && "code" in parsed && typeof parsed.code === "string") {
    return parsed as Problem;
  }
  // Something in between answered instead of the Worker.
  const code = response.status >= 502 && response.status <= 504 ? "offline" : "internal";
  return {
    type: "about:blank",
    title: response.statusText,
    status: response.status,
    code,
    requestId: response.headers.get("cf-ray") ?? "",
  };
}
