// Invitations by mail: asking somebody into a tenant, and what the one who was asked answers.
import { and, count, desc, eq, gt, isNull, sql } from "drizzle-orm";
import { invitations, members, tenants, users } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { InvitationOffer, InvitationView } from "../../rules/views-people.ts";
import type { Role } from "../../rules/views.ts";
import { trail } from "../audit.ts";
import type { Statement } from "../ledger.ts";
import { sendLink } from "../mail.ts";
import { refuseHeld } from "../scope.ts";
import type { Actor, Scope } from "../scope.ts";
import { tellTenant } from "./notices.ts";
import { originOf } from "./storefronts.ts";

const DAY_MS = 24 * 3_600_000;
/** How long an invitation can be answered. */
const LIFE_MS = 7 * DAY_MS;
/** The same address gets no second mail before this, and a tenant has no more open ones: nobody's mailbox is to be flooded. */
const PAUSE_MS = 60_000;
const MOST_OPEN = 100;

/** Which invitation is meant: by the token of the mail, or by its id among one's own. */
export type InvitationRef = { token: string } | { id: string };

export interface InvitationDraft {
  tenantId: string;
  tenantName: string;
  email: string;
  role: Role;
  by: { userId: string; name: string };
}

/** Statements that make an invitation (an open one to the same address gives way), its view, and its mail to be sent after them. */
export async function draftInvitation(
  deps: Deps,
  draft: InvitationDraft,
): Promise<{ view: InvitationView; statements: [Statement, Statement]; send: () => Promise<void> }> {
  const token = newToken();
  const createdAt = deps.now();
  const { tenantId, email, role, by } = draft;
  const row = {
    id: deps.newId("inv"),
    tenantId,
    email,
    role,
    tokenHash: await digest(token),
    invitedBy: by.userId,
    inviterName: by.name,
    createdAt,
    expiresAt: createdAt + LIFE_MS,
  };
  return {
    view: { id: row.id, email, role, invitedBy: by.name, createdAt, expiresAt: row.expiresAt },
    statements: [
      deps.db
        .update(invitations)
        .set({ closedAt: createdAt, outcome: "withdrawn" })
        .where(and(eq(invitations.tenantId, tenantId), eq(invitations.email, email), isNull(invitations.closedAt))),
      deps.db.insert(invitations).values(row),
    ],
    send: async () => {
      const words = { tenant: draft.tenantName, inviter: by.name };
      const link = `${await originOf(deps, tenantId)}/invitation#token=${token}`;
      await sendLink(deps, "invitation", email, await localeFor(deps, email, by.userId), link, words);
    },
  };
}

/**
 * Asks somebody into the tenant.
 * @throws AppError `already_member`, `rate_limited`, `tenant_suspended`, `tenant_pending`.
 */
export async function invite(deps: Deps, scope: Scope, email: string, role: Role): Promise<InvitationView> {
  refuseHeld(scope);
  const { tenantId } = scope;
  const address = email.trim().toLowerCase();
  const [found, [open], [latest]] = await Promise.all([
    deps.db
      .select({ id: users.id })
      .from(users)
      .innerJoin(members, and(eq(members.userId, users.id), eq(members.tenantId, tenantId)))
      .where(eq(users.email, address)),
    deps.db
      .select({ open: count() })
      .from(invitations)
      .where(
        and(eq(invitations.tenantId, tenantId), isNull(invitations.closedAt), gt(invitations.expiresAt, deps.now())),
      ),
    deps.db
      .select({ createdAt: invitations.createdAt })
      .from(invitations)
      .where(and(eq(invitations.tenantId, tenantId), eq(invitations.email, address)))
      .orderBy(desc(invitations.createdAt))
      .limit(1),
  ]);
  if (found.length > 0) throw new AppError("already_member", { email: address });
  const waitMs = (latest?.createdAt ?? 0) + PAUSE_MS - deps.now();
  if (waitMs > 0) throw new AppError("rate_limited", { seconds: Math.ceil(waitMs / 1_000) });
  if ((open?.open ?? 0) >= MOST_OPEN) throw new AppError("rate_limited", {});
  const by = scope.actor;
  const draft = await draftInvitation(deps, { tenantId, tenantName: scope.tenantName, email: address, role, by });
  await deps.db.batch(draft.statements);
  await draft.send();
  trail(deps, { target: { type: "invitation", id: draft.view.id, name: address }, after: { role } });
  return draft.view;
}

/** Takes an open invitation back; its link is dead at once. @throws AppError `not_found` */
export async function withdraw(deps: Deps, scope: Scope, invitationId: string): Promise<void> {
  const [row] = await deps.db
    .update(invitations)
    .set({ closedAt: deps.now(), outcome: "withdrawn" })
    .where(
      and(eq(invitations.id, invitationId), eq(invitations.tenantId, scope.tenantId), isNull(invitations.closedAt)),
    )
    .returning({ email: invitations.email, role: invitations.role });
  if (!row) throw new AppError("not_found");
  trail(deps, { target: { type: "invitation", id: invitationId, name: row.email }, before: { role: row.role } });
}

/** Open invitations of a tenant, newest first. */
export async function invitationsOf(deps: Deps, tenantId: string): Promise<InvitationView[]> {
  const rows = await deps.db
    .select()
    .from(invitations)
    .where(and(eq(invitations.tenantId, tenantId), isNull(invitations.closedAt), gt(invitations.expiresAt, deps.now())))
    .orderBy(desc(invitations.createdAt));
  return rows.map(({ id, email, role, inviterName, createdAt, expiresAt }) => ({
    id,
    email,
    role,
    invitedBy: inviterName,
    createdAt,
    expiresAt,
  }));
}

/** Invitations that an address has not answered yet. */
export async function openInvitationsTo(deps: Deps, email: string): Promise<InvitationOffer[]> {
  const rows = await selectOffers(deps).where(
    and(eq(invitations.email, email.toLowerCase()), isNull(invitations.closedAt), ...stillGood(deps)),
  );
  return rows.map(offerOf);
}

/** What a link invites to, for whoever holds it. @throws AppError `invitation_invalid` */
export async function lookAt(deps: Deps, token: string): Promise<InvitationOffer> {
  const hash = await digest(token);
  const [row] = await selectOffers(deps).where(
    and(eq(invitations.tokenHash, hash), isNull(invitations.closedAt), ...stillGood(deps)),
  );
  if (!row) throw new AppError("invitation_invalid");
  return offerOf(row);
}

/**
 * Makes the person a member with the role that was offered; a member of old keeps the role held.
 * @throws AppError `invitation_invalid`, `invitation_not_yours`.
 */
export async function accept(deps: Deps, actor: Actor, ref: InvitationRef): Promise<InvitationOffer> {
  const offer = await ownOffer(deps, actor, ref);
  const now = deps.now();
  const isOpen = and(eq(invitations.id, offer.id), isNull(invitations.closedAt), gt(invitations.expiresAt, now));
  const [, closed] = await deps.db.batch([
    deps.db
      .insert(members)
      .select(
        sql`select tenant_id, ${actor.userId}, role, ${now} from invitations
          where id = ${offer.id} and closed_at is null and expires_at > ${now}
            and (select status from tenants where id = tenant_id) not in ('deleting', 'deleted')`,
      )
      .onConflictDoNothing(),
    deps.db
      .update(invitations)
      .set({ closedAt: now, outcome: "accepted" })
      .where(isOpen)
      .returning({ id: invitations.id }),
  ]);
  if (closed.length === 0) throw new AppError("invitation_invalid");
  trail(deps, {
    chain: offer.tenant.id,
    target: { type: "member", id: actor.userId, name: actor.email },
    after: { role: offer.role },
  });
  await tellTenant(deps, offer.tenant.id);
  return offer;
}

/** @throws AppError `invitation_invalid`, `invitation_not_yours` */
export async function decline(deps: Deps, actor: Actor, ref: InvitationRef): Promise<void> {
  const offer = await ownOffer(deps, actor, ref);
  const closed = await deps.db
    .update(invitations)
    .set({ closedAt: deps.now(), outcome: "declined" })
    .where(and(eq(invitations.id, offer.id), isNull(invitations.closedAt)))
    .returning({ id: invitations.id });
  if (closed.length === 0) throw new AppError("invitation_invalid");
  trail(deps, { chain: offer.tenant.id, target: { type: "invitation", id: offer.id, name: offer.email } });
}

/** The open invitation that is meant; it must be for the very address that the person has confirmed. */
async function ownOffer(deps: Deps, actor: Actor, ref: InvitationRef): Promise<InvitationOffer> {
  const mine = await openInvitationsTo(deps, actor.email);
  if ("id" in ref) {
    const offer = mine.find((row) => row.id === ref.id);
    if (!offer) throw new AppError("invitation_invalid");
    return offer;
  }
  const offer = await lookAt(deps, ref.token);
  if (!mine.some((row) => row.id === offer.id)) throw new AppError("invitation_not_yours", { email: offer.email });
  const [user] = await deps.db
    .select({ isVerified: users.emailVerified })
    .from(users)
    .where(eq(users.id, actor.userId));
  if (!user?.isVerified) throw new AppError("email_not_verified");
  return offer;
}

function selectOffers(deps: Deps) {
  return deps.db
    .select({ invitation: invitations, tenant: { id: tenants.id, name: tenants.name, kind: tenants.kind } })
    .from(invitations)
    .innerJoin(tenants, eq(tenants.id, invitations.tenantId));
}

function stillGood(deps: Deps) {
  return [gt(invitations.expiresAt, deps.now()), sql`${tenants.status} not in ('deleting', 'deleted')`];
}

function offerOf(row: Awaited<ReturnType<typeof selectOffers>>[number]): InvitationOffer {
  const { id, role, email, inviterName, expiresAt } = row.invitation;
  return { id, tenant: row.tenant, role, email, invitedBy: inviterName, expiresAt };
}

/** The language of the one who is invited where that person is known, else of the one who invites. */
async function localeFor(deps: Deps, email: string, inviterId: string): Promise<string | null> {
  const rows = await deps.db
    .select({ email: users.email, locale: users.locale })
    .from(users)
    .where(sql`${users.email} = ${email} or ${users.id} = ${inviterId}`);
  return (rows.find((row) => row.email === email) ?? rows[0])?.locale ?? null;
}

/** 256 random bits in base64url. */
function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

async function digest(token: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
