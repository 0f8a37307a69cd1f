// Whether somebody may sign up, and at whose front: asked before an account is made.
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { openInvitationsTo } from "./invitations.ts";
import { frontOfLink, linkOfHost } from "./storefronts.ts";

/**
 * Link of the front that a person signs up at, null for the platform's own. Where a front is closed, those who were invited by
 * mail may come in all the same; they get no tenant of their own there.
 * @throws AppError `sign_up_closed`
 */
export async function frontForSignUp(
  deps: Deps,
  asked: { link: string | null; host: string; email: string },
): Promise<string | null> {
  const link = asked.link ?? (await linkOfHost(deps, asked.host));
  const front = await frontOfLink(deps, link);
  if (front !== null && front.signUp !== "closed") return link;
  if ((await openInvitationsTo(deps, asked.email)).length > 0) return null;
  throw new AppError("sign_up_closed");
}
