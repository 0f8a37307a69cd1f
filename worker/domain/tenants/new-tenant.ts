// Making a tenant: its row, its first owner and its envelopes, as statements of one batch.
import { members, tenants } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import type { Limits, Modes } from "../../rules/views-tree.ts";
import type { TenantKind } from "../../rules/views.ts";
import { carveEnvelopes } from "../carving.ts";
import type { Statement } from "../ledger.ts";

export interface TenantDraft {
  kind: Exclude<TenantKind, "platform">;
  parentId: string;
  name: string;
  /** Null where the owner was only invited so far. */
  ownerId: string | null;
  founderId: string | null;
  limits: Limits;
  /** How each resource is handed out; what is not named is carved. */
  modes?: Modes | undefined;
  /** A pending one holds itself until it is approved. */
  status?: "active" | "pending";
}

/** The new tenant's id, and the statements that make it; the first is never missing. */
export function draftTenant(deps: Deps, draft: TenantDraft): { id: string; statements: [Statement, ...Statement[]] } {
  const id = deps.newId("ten");
  const createdAt = deps.now();
  const status = draft.status ?? "active";
  const row = {
    id,
    kind: draft.kind,
    parentId: draft.parentId,
    name: draft.name,
    // Pool names on Proxmox VE take letters, digits, `-`, `_` and `.`; ids are such already.
    slug: id.replace("ten_", "t-"),
    status,
    heldBy: status === "active" ? null : id,
    statusAt: status === "active" ? null : createdAt,
    founderId: draft.founderId,
    createdAt,
  };
  const owner = { tenantId: id, userId: draft.ownerId ?? "", role: "owner" as const, createdAt };
  return {
    id,
    statements: [
      deps.db.insert(tenants).values(row),
      ...(draft.ownerId === null ? [] : [deps.db.insert(members).values(owner)]),
      ...carveEnvelopes(deps, id, draft.parentId, draft),
    ],
  };
}
