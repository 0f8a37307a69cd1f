// Shapes of the API about the reconciler: where ledger, services and cluster do not agree.
import type { FindingKind, FindingStatus } from "./views.ts";

export interface FindingView {
  id: string;
  kind: FindingKind;
  cluster: { id: string; name: string } | null;
  tenant: { id: string; name: string } | null;
  service: { id: string; name: string } | null;
  /** Figures and names for the sentence that the screen makes of it. */
  details: Record<string, string | number>;
  status: FindingStatus;
  /** Repairs an operator may choose; `ignore` is always possible. */
  repairs: string[];
  firstSeenAt: number;
  lastSeenAt: number;
  closedAt: number | null;
}

/** Answer of `GET /api/operator/findings` and of `POST /api/operator/reconcile`. */
export interface FindingsPage {
  findings: FindingView[];
  /** When each cluster was last gone through, null where it never was. */
  runs: { cluster: { id: string; name: string }; at: number | null }[];
}
