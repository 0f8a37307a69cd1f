// Shapes of the API about the audit.
import type { AuditOutcome } from "./views.ts";

export interface AuditEntryView {
  id: string;
  seq: number;
  at: number;
  /** Tenant that it is about; null for what concerns a person alone. */
  tenant: { id: string; name: string } | null;
  actor: { kind: "person" | "key" | "system" | "stranger"; id: string; name: string };
  action: string;
  outcome: AuditOutcome;
  code: string | null;
  target: { type: string; id: string; name: string | null } | null;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  ip: string | null;
  requestId: string;
}

/** Answer of `GET …/audit`; `next` goes into `?before=` for the page after. */
export interface AuditPage {
  entries: AuditEntryView[];
  next: string | null;
}

/** Answer of `GET …/audit/verify`. */
export interface AuditVerdict {
  ok: boolean;
  entries: number;
  /** Digest of the newest entry: whoever notes it can later show that nothing before it was changed. */
  head: string | null;
  /** The first entry that does not hold, and why. */
  broken: { chain: string; seq: number; id: string | null; why: "digest" | "link" | "gap" } | null;
}
