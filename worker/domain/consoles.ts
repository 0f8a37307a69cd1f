// Consoles: who may open one, who has one open, and cutting them when the right to it ends.
import { and, eq, gt, isNull } from "drizzle-orm";
import { clusters, consoles, members, services, sessions, tenants } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import type { PveAccess } from "../pve/client.ts";
import type { GuestAt } from "../pve/guests.ts";
import type { ConsoleKind, ConsoleView } from "../rules/views.ts";
import { trail } from "./audit.ts";
import { tenantAccess } from "./identities.ts";
import { refuseHeld } from "./scope.ts";
import type { Scope } from "./scope.ts";
import { serviceOf } from "./services/services.ts";

/** On whose behalf a console is open. */
export interface ConsoleOwner {
  tenantId: string;
  serviceId: string;
  userId: string;
  sessionId: string;
}

export type CloseReason = "left" | "signed_out" | "expired" | "revoked" | "suspended";

/**
 * Asks for a console of a running service; unless told otherwise a virtual machine's screen, a container's terminal.
 * @throws AppError `not_found`, `not_running`, `no_terminal`, `service_not_ready`, `tenant_suspended`, `tenant_pending`, `cluster_unreachable`.
 */
export async function openConsole(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  wanted?: ConsoleKind,
): Promise<ConsoleView> {
  refuseHeld(scope);
  const service = await serviceOf(deps, scope, serviceId);
  trail(deps, { target: { type: "service", id: service.id, name: service.name } });
  // A guest that is on can be watched while the launch still waits for its address.
  const isThere = service.state === "ready" || (service.state === "creating" && service.power === "running");
  if (service.vmid === null || !isThere) throw new AppError("service_not_ready");
  const kind = wanted ?? (service.kind === "container" ? "terminal" : "screen");
  const owner = { tenantId: scope.tenantId, serviceId, userId: scope.actor.userId, sessionId: scope.actor.sessionId };
  const answer = await leashOf(deps, serviceId)
    .prepare(owner, kind)
    .catch((error: unknown) => {
      deps.log("warn", "console_not_prepared", { serviceId, error: String(error) });
      throw new AppError("cluster_unreachable", { step: "console" });
    });
  if (!answer.ok) throw new AppError(answer.code);
  return answer.view;
}

/** The object that holds a service's consoles. */
export function leashOf(deps: Deps, serviceId: string) {
  return deps.env.CONSOLES.get(deps.env.CONSOLES.idFromName(serviceId));
}

/** Where a console of this service is opened, with the tenant's own token: Proxmox VE checks the ownership once more. */
export async function consoleTarget(
  deps: Deps,
  tenantId: string,
  serviceId: string,
): Promise<{ access: PveAccess; at: GuestAt }> {
  const [row] = await deps.db
    .select({ service: services, cluster: clusters })
    .from(services)
    .innerJoin(clusters, eq(clusters.id, services.clusterId))
    .where(and(eq(services.id, serviceId), eq(services.tenantId, tenantId), isNull(services.deletedAt)));
  if (!row || row.service.vmid === null || row.service.node === null) throw new AppError("guest_lost");
  const access = await tenantAccess(deps, tenantId, row.cluster);
  return { access, at: { kind: row.service.kind, node: row.service.node, vmid: row.service.vmid } };
}

/** Whether the session is still signed in and its person still a member that may open consoles, of a tenant that is not held. */
export async function sessionHolds(deps: Deps, owner: ConsoleOwner): Promise<boolean> {
  const rows = await deps.db
    .select({ role: members.role })
    .from(sessions)
    .innerJoin(members, and(eq(members.userId, sessions.userId), eq(members.tenantId, owner.tenantId)))
    .innerJoin(tenants, and(eq(tenants.id, members.tenantId), isNull(tenants.heldBy)))
    .where(and(eq(sessions.id, owner.sessionId), gt(sessions.expiresAt, new Date(deps.now()))));
  return rows.some((row) => row.role !== "viewer");
}

/** Cuts every console of a session that has ended. */
export async function cutConsolesOfSession(deps: Deps, sessionId: string): Promise<void> {
  const rows = await deps.db
    .select({ serviceId: consoles.serviceId })
    .from(consoles)
    .where(and(eq(consoles.sessionId, sessionId), isNull(consoles.closedAt)));
  await Promise.all(
    [...new Set(rows.map((row) => row.serviceId))].map((serviceId) =>
      leashOf(deps, serviceId).cut({ sessionId }, "signed_out"),
    ),
  );
}

export async function noteConsoleOpened(deps: Deps, id: string, owner: ConsoleOwner): Promise<void> {
  await deps.db.insert(consoles).values({ id, ...owner, openedAt: deps.now() });
}

export async function noteConsoleClosed(deps: Deps, id: string, reason: CloseReason): Promise<void> {
  await deps.db.update(consoles).set({ closedAt: deps.now(), closeReason: reason }).where(eq(consoles.id, id));
}
