// Shapes of the API about the reconciler: where ledger, services and cluster do not agree.
import type { FindingKind, FindingStatus } from "./views.ts";

export interface FindingView {
  id: string;
  kind: FindingKind;
  /** What it is about: `guest:10012`, `svc_…`, a volume id. Typed again to confirm a repair that removes something. */
  subject: string;
  cluster: { id: string; name: string } | null;
  tenant: { id: string; name: string } | null;
  service: { id: string; name: string } | null;
  /** Figures and names for the sentence that the screen makes of it. */
  details: Record<string, string | number>;
  status: FindingStatus;
  /** Repairs an operator may choose; to ignore it is always possible. */
  repairs: Repair[];
  firstSeenAt: number;
  lastSeenAt: number;
  closedAt: number | null;
}

/** What a run could not look at: disks of guests that are gone, which the portal's token may not see; anything, where the cluster did not answer. */
export type Skipped = "disks" | "cluster" | "rights";

/** Answer of `GET /api/operator/findings` and of `POST /api/operator/reconcile`. */
export interface FindingsPage {
  findings: FindingView[];
  /** When each cluster was last gone through, null where it never was, and what was left out then. */
  runs: { cluster: { id: string; name: string }; at: number | null; skipped: Skipped[] }[];
}

export const REPAIRS = [
  "write_off",
  "move_back",
  "charge_real",
  "reset_guest",
  "correct",
  "take_over",
  "remove_guest",
  "remove_disk",
  "remove_pool",
] as const;
export type Repair = (typeof REPAIRS)[number];

/** Repairs that remove something for good: the finding's subject is sent along as `confirm`. */
export const REMOVALS: readonly Repair[] = ["remove_guest", "remove_disk", "remove_pool"];

/**
 * What may be done about a finding. `details.ours` is 1 where the portal has made the thing and marked it; nothing else is ever
 * moved, changed or removed.
 */
export function repairsOf(kind: FindingKind, details: Record<string, string | number>): Repair[] {
  const ours = details.ours === 1;
  switch (kind) {
    case "guest_missing":
      return ["write_off"];
    case "guest_unknown":
      return ours ? ["remove_guest"] : [];
    case "guest_misplaced":
      return ours ? ["move_back"] : [];
    case "size_differs":
      return ours ? ["charge_real", ...(hasOtherComputing(details) ? (["reset_guest"] as const) : [])] : [];
    case "charge_leaked":
    case "charge_missing":
    case "charge_differs":
      return ["correct"];
    case "operation_stuck":
      return ["take_over"];
    case "disk_orphaned":
      return ours ? ["remove_disk"] : [];
    case "pool_leftover":
      return ours ? ["remove_pool"] : [];
  }
}

/** A disk never shrinks, so only cores and memory can be set back. */
function hasOtherComputing(details: Record<string, string | number>): boolean {
  return details.cores !== details.realCores || details.memoryMiB !== details.realMemoryMiB;
}

/** Answer of `GET /api/operator/secrets`: under which keys the secrets at rest stand. */
export interface SecretsView {
  /** Id of the key that new secrets are sealed under. */
  current: string;
  /** `given` is false where the deployment has no such key (any more): those secrets cannot be opened. */
  keys: { id: string; secrets: number; given: boolean }[];
  /** Secrets that are not under the current key yet. */
  left: number;
}
