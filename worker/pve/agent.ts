// The agent inside a virtual machine: what it is asked to do, and what its silence and its refusals look like.
import { z } from "zod";
import { pveRequest } from "./client.ts";
import type { PveAccess } from "./client.ts";
import { isPveError } from "./errors.ts";
import { guestPath } from "./guests.ts";
import type { GuestAt } from "./guests.ts";

/**
 * POST …/agent/set-user-password (VM.GuestAgent.Unrestricted): gives an account in the guest another password; doing it twice is
 * harmless.
 * @throws PveError `failed`, of which {@link agentProblem} tells more.
 */
export async function setUserPassword(
  access: PveAccess,
  at: GuestAt,
  account: { user: string; password: string },
): Promise<void> {
  const { user: username, password } = account;
  await pveRequest(access, "POST", guestPath(at, "agent", "set-user-password"), { username, password }, z.unknown());
}

/** Whether no agent has answered, or one has and did not want to; null where it was something else. */
export function agentProblem(error: unknown): "silent" | "refused" | null {
  if (!isPveError(error)) return null;
  if (/guest agent is not running|No QEMU guest agent configured/i.test(error.detail)) return "silent";
  return error.detail.startsWith("Agent error:") ? "refused" : null;
}
