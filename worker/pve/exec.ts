// Running a command inside a virtual machine, by the agent in it.
import { z } from "zod";
import { LooseNumber, pveRequest } from "./client.ts";
import type { PveAccess } from "./client.ts";
import { isPveError } from "./errors.ts";
import { guestPath } from "./guests.ts";
import type { GuestAt } from "./guests.ts";

const Begun = z.object({ pid: LooseNumber });

/**
 * POST …/agent/exec (VM.GuestAgent.Unrestricted): begins a command as the guest's root and answers its process id there.
 * `input` goes to its standard input: at most 64 KiB, and ASCII, since the server does not encode it. Arguments appear in logs
 * of the guest, its input does not.
 */
export async function execInGuest(
  access: PveAccess,
  at: GuestAt,
  command: readonly [string, string, ...string[]],
  input?: string,
): Promise<number> {
  const params = { command, "input-data": input };
  return (await pveRequest(access, "POST", guestPath(at, "agent", "exec"), params, Begun)).pid;
}

const Status = z.object({
  exited: z.union([LooseNumber, z.boolean()]),
  exitcode: LooseNumber.optional(),
  "out-data": z.string().optional(),
});

/** GET …/agent/exec-status: what a command has said when it has ended; null while it has not. Guest-supplied. */
export async function execAnswer(
  access: PveAccess,
  at: GuestAt,
  pid: number,
): Promise<{ exitCode: number | null; output: string } | null> {
  const status = await pveRequest(access, "GET", guestPath(at, "agent", "exec-status"), { pid }, Status);
  if (!status.exited) return null;
  return { exitCode: status.exitcode ?? null, output: status["out-data"] ?? "" };
}

/**
 * What an error of a call to the agent means: `off` where the machine is off, `refused` where asking again is of no use, `silent`
 * where no agent answers (yet); null for everything that has nothing to do with the agent.
 */
export function agentTrouble(error: unknown): "off" | "refused" | "silent" | null {
  if (isPveError(error, "forbidden")) return "refused";
  if (!isPveError(error, "failed")) return null;
  if (/guest agent is not running/i.test(error.detail)) return "silent";
  if (/^VM \d+ (is )?not running/i.test(error.detail)) return "off";
  return /no qemu guest agent configured|has been disabled|not been found|not allowed/i.test(error.detail)
    ? "refused"
    : null;
}
