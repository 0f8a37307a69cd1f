// The owners of a tenant, and mail to them.
import { and, eq } from "drizzle-orm";
import { members, users } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { sendLink } from "../mail.ts";
import type { MailKind } from "../mail.ts";
import { originOf } from "./storefronts.ts";

/** Names and addresses of those who own a tenant. */
export function ownersOf(deps: Deps, tenantId: string) {
  return deps.db
    .select({ id: users.id, name: users.name, email: users.email, locale: users.locale })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(and(eq(members.tenantId, tenantId), eq(members.role, "owner")));
}

/** Writes to every owner of a tenant, each in their own language, with a link to the portal. */
export async function mailOwners(
  deps: Deps,
  tenantId: string,
  kind: MailKind,
  params: Record<string, string>,
): Promise<void> {
  const [owners, origin] = await Promise.all([ownersOf(deps, tenantId), originOf(deps, tenantId)]);
  for (const owner of owners) await sendLink(deps, kind, owner.email, owner.locale, `${origin}/`, params);
}
