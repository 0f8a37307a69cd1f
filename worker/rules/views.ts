// The shapes that the API hands out: one place that the routes fill and the SPA reads.

/** Resources that an envelope limits. Units are in the names used everywhere: MiB for memory, GiB for disk, counts else. */
export const RESOURCES = [
  "vcpu",
  "memoryMiB",
  "diskGiB",
  "services",
  "snapshots",
  "backups",
  "backupGiB",
  "publicIps",
] as const;
export type Resource = (typeof RESOURCES)[number];

export type TenantKind = "platform" | "reseller" | "tenant";
export type Role = "owner" | "operator" | "viewer";
/** `pending` waits for its reseller's approval; `deleting` is being torn down; `deleted` is kept for the records only. */
export type TenantStatus = "pending" | "active" | "suspended" | "deleting" | "deleted";
/** `carve`: an envelope of its own, charged to the parent. `share`: none, the parent's is used. `reject`: none, and none to be had. */
export const ENVELOPE_MODES = ["carve", "share", "reject"] as const;
export type EnvelopeMode = (typeof ENVELOPE_MODES)[number];
/** How people sign up at a reseller's front. */
export type SignUpMode = "closed" | "approval" | "open";
export type QuotaRequestStatus = "open" | "approved" | "declined" | "withdrawn";
/** `done`; `refused` for want of rights; `failed` for any other reason; `unknown` where the portal was cut off in between. */
export type AuditOutcome = "done" | "refused" | "failed" | "unknown";
export const FINDING_KINDS = [
  "guest_missing",
  "guest_unknown",
  "guest_misplaced",
  "size_differs",
  "charge_leaked",
  "charge_missing",
  "charge_differs",
  "operation_stuck",
  "disk_orphaned",
  "pool_leftover",
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];
/** `offered` waits for an operator; `repaired` was put right; `ignored` an operator let be; `gone` is no longer the case. */
export type FindingStatus = "offered" | "repaired" | "ignored" | "gone";

export interface MeView {
  user: { id: string; email: string; name: string };
  /** True for people who run the platform (connect clusters, publish templates). */
  operator: boolean;
  /** Every tenant and reseller that this person belongs to, with the role held there. */
  tenants: {
    id: string;
    kind: TenantKind;
    name: string;
    role: Role;
    status: TenantStatus;
    /** False where the tenant, or one above it, is not active: reading and giving back is all that is left. */
    open: boolean;
    /** True where a second factor is demanded and this session has shown none: nothing opens before that. */
    secondFactorMissing: boolean;
    /** Requests for more that wait for a decision there, among the latest ones. */
    openRequests: number;
  }[];
  /** The same for those who run the platform. */
  platformRequests: number;
  /** How many invitations wait for an answer: `GET /api/invitations` tells them. */
  invitations: number;
}

export interface QuotaView {
  resources: {
    resource: Resource;
    limit: number;
    used: number;
    /** False where the limit is that of a tenant further up, shared with others. */
    own: boolean;
    mode: EnvelopeMode;
  }[];
}

/** What a launch of this size would take, resource by resource; `allowed` is false where one does not fit. */
export interface QuotaPreview {
  allowed: boolean;
  resources: {
    resource: Resource;
    limit: number;
    used: number;
    asked: number;
    left: number;
    fits: boolean;
    /** False where the envelope is one further up, shared with others. */
    own: boolean;
  }[];
}

export interface TemplateView {
  id: string;
  kind: "vm" | "container";
  name: string;
  /** Plain text, one or two sentences. */
  description: string;
  /** Name of a drawn logo that the SPA has: `debian`, `web`, `docker`, `generic`, … */
  logo: string;
  category: string;
  minCores: number;
  minMemoryMiB: number;
  minDiskGiB: number;
  /** Login user that the form offers first. */
  defaultUser: string;
}

export interface PlanView {
  id: string;
  name: string;
  cores: number;
  memoryMiB: number;
  diskGiB: number;
}

export interface CatalogueView {
  templates: TemplateView[];
  plans: PlanView[];
  /** Bounds of a size typed by hand. */
  bounds: { cores: [number, number]; memoryMiB: [number, number]; diskGiB: [number, number] };
}

/**
 * `creating`, `ready`, `deleting` and `failed` are the portal's own word on the service; `failed` means that a launch did
 * not come about and everything was given back: only a retry or removal from the list is left.
 */
export type ServiceState = "creating" | "ready" | "deleting" | "failed";
/** What Proxmox VE last said of the guest; `unknown` where it said nothing. */
export type PowerState = "running" | "stopped" | "paused" | "unknown";

export interface ServiceView {
  id: string;
  kind: "vm" | "container";
  name: string;
  state: ServiceState;
  power: PowerState;
  cores: number;
  memoryMiB: number;
  diskGiB: number;
  template: { id: string; name: string; logo: string };
  /** First address that the guest reports, null while unknown. Guest-supplied: show as text. */
  address: string | null;
  loginUser: string;
  /** The operation that holds the service now, null when it is free. */
  operationId: string | null;
  /** The person's own words, plain text. */
  description: string;
  tags: string[];
  /** True where a change of cores or memory waits for the next start. */
  restartNeeded: boolean;
  /** Image in the drive, null where it is empty. */
  imageId: string | null;
  /** When it is shut down by itself; null where never. */
  expiresAt: number | null;
  /** True once that has come about: it stays off until the date is moved, and is deleted when the grace is over. */
  expired: boolean;
  /** Set where it is to be deleted then, and may be kept until then. */
  deleteAt: number | null;
  createdAt: number;
  /** Latest sample; null where there is none. CPU as a fraction of all cores (0..1), memory in bytes. */
  live: { cpu: number; memoryBytes: number; maxMemoryBytes: number; uptimeSeconds: number } | null;
}

/** Steps in the order in which an operation of each kind walks them; names are keys of the dictionaries (`step.clone`). */
export const OPERATION_STEPS = {
  launch: ["reserve", "prepare", "clone", "configure", "disk", "start", "address", "scripts"],
  start: ["start", "scripts"],
  shutdown: ["scripts", "shutdown"],
  stop: ["stop"],
  reboot: ["scripts", "reboot", "scripts_after"],
  reset: ["reset"],
  suspend: ["suspend"],
  resume: ["resume"],
  rename: ["configure"],
  media: ["media"],
  password: ["password"],
  script: ["scripts"],
  rebuild: ["stop", "remove", "clone", "configure", "disk", "start", "address", "scripts"],
  restore_over: ["safety", "stop", "restore", "configure", "start", "address"],
  delete: ["stop", "remove", "settle"],
  resize: ["configure", "disk"],
  clone: ["reserve", "prepare", "clone", "configure", "start", "address"],
  snapshot: ["snapshot"],
  rollback: ["reserve", "rollback"],
  snapshot_delete: ["discard"],
  backup: ["queue", "backup", "measure"],
  backup_delete: ["discard"],
  restore: ["reserve", "prepare", "restore", "configure", "start", "address"],
} as const satisfies Record<string, readonly string[]>;

/** Steps that an operation has only where there is something to do in them; a row's own list of steps is the one that counts. */
export const OPTIONAL_STEPS: readonly string[] = ["scripts", "scripts_after", "safety"];

export type OperationKind = keyof typeof OPERATION_STEPS;
/** `reverted`: it failed and everything it had taken was given back. `failed`: it failed and there was nothing to give back. */
export type OperationStatus = "queued" | "running" | "succeeded" | "reverting" | "reverted" | "failed";

export interface OperationView {
  id: string;
  kind: OperationKind;
  status: OperationStatus;
  serviceId: string;
  serviceName: string;
  /** Who asked: display name. */
  actor: string;
  steps: {
    name: string;
    status: "pending" | "running" | "done" | "failed" | "undone";
    startedAt: number | null;
    endedAt: number | null;
  }[];
  /**
   * Set once it has gone wrong: a code of the table in worker/errors.ts, with its parameters, to be told in plain words. Where it
   * has succeeded all the same: what went wrong on the way, a script.
   */
  error: { code: string; params: Record<string, string | number> } | null;
  /** True while a retry is offered: what was to make a guest, and has given everything back. */
  retryable: boolean;
  /** True while it can be called off: it then gives back what it has taken. */
  cancellable: boolean;
  /** How many others are before it while it waits in a line; 0 where it does not. */
  ahead: number;
  startedAt: number;
  endedAt: number | null;
}

/** Answer of every POST that starts an operation (202). */
export interface Accepted {
  operation: OperationView;
  service: ServiceView;
}

/** A picture over VNC, or text: a container's console, a virtual machine's serial line. */
export type ConsoleKind = "screen" | "terminal";

/** Answer of `POST …/services/:service/console`. The URL works once, within seconds, for the session that asked. */
export interface ConsoleView {
  /** Path on this origin, to be opened as a WebSocket. */
  path: string;
  /** One-use VNC password; empty for a terminal. */
  password: string;
  expiresAt: number;
}

/** What TenantFeed pushes to the browser over its WebSocket, as JSON text. */
export type FeedEvent =
  | { type: "hello"; at: number }
  | { type: "operation"; operation: OperationView }
  | { type: "service"; service: ServiceView }
  | { type: "service-gone"; serviceId: string }
  | { type: "quota" }
  /** The tenant itself has changed, or one's own part in it: ask `GET /api/me` anew. */
  | { type: "tenant" }
  /** Live samples of running guests, once per poll period, only while somebody watches. */
  | { type: "live"; at: number; samples: { serviceId: string; power: PowerState; live: ServiceView["live"] }[] };

/** A tenant below a reseller (or the platform), as its superior sees it. */
export interface ChildTenantView {
  id: string;
  name: string;
  kind: TenantKind;
  status: TenantStatus;
  createdAt: number;
  quota: QuotaView["resources"];
  services: number;
}

export interface ClusterView {
  id: string;
  name: string;
  url: string;
  tokenId: string;
  version: string | null;
  status: "ok" | "unreachable" | "denied";
  /** Lines for `pveum` that are still missing, in plain text; empty when all is well. */
  missing: string[];
  nodes: { name: string; online: boolean }[];
  guests: number;
  lastSeenAt: number | null;
}

/** RFC 9457 problem details, the body of every error. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  params?: Record<string, string | number>;
  requestId: string;
  /** One row per field at fault; `pointer` is a JSON pointer into the body (`#/name`). */
  errors?: { pointer: string; code: string; params?: Record<string, string | number> }[];
  /** With `quota_exceeded`: what was asked and what is left. */
  resources?: QuotaPreview["resources"];
}
