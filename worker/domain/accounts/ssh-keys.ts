// OpenSSH public keys that a person keeps, and the keys of a launch: those, and what is typed beside them.
import { and, asc, eq, inArray, sql } from "drizzle-orm";
import { refusedBy } from "../../db/database.ts";
import { sshKeys } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import { MAX_KEYS } from "../../rules/names.ts";
import { distinctKeys, fingerprintOf, tidyKey } from "../../rules/ssh-keys.ts";
import type { SshKeyView } from "../../rules/views-automation.ts";
import { trail } from "../audit.ts";
import type { Actor, Scope } from "../scope.ts";

/** A person's keys by name. */
export async function listSshKeys(deps: Deps, actor: Actor): Promise<SshKeyView[]> {
  const rows = await deps.db.select().from(sshKeys).where(eq(sshKeys.userId, actor.userId)).orderBy(asc(sshKeys.name));
  return rows.map(viewOf);
}

/** @throws AppError `key_known`, `too_many_keys` */
export async function addSshKey(deps: Deps, actor: Actor, draft: { name: string; line: string }): Promise<SshKeyView> {
  const line = tidyKey(draft.line);
  const row = {
    id: deps.newId("sky"),
    userId: actor.userId,
    name: draft.name.trim(),
    line,
    fingerprint: await fingerprintOf(line),
    createdAt: deps.now(),
  };
  const { id, userId, name, fingerprint, createdAt } = row;
  trail(deps, { target: { type: "ssh-key", id, name }, after: { fingerprint } });
  // Counted in the statement that inserts, so that two at once do not both see the last place free.
  const made = await deps.db
    .all<{ id: string }>(
      sql`insert into ssh_keys (id, user_id, name, line, fingerprint, created_at)
        select ${id}, ${userId}, ${name}, ${line}, ${fingerprint}, ${createdAt}
        where (select count(*) from ssh_keys where user_id = ${userId}) < ${MAX_KEYS} returning id`,
    )
    .catch((error: unknown) => {
      throw refusedBy(error, "ssh_keys.fingerprint") ? new AppError("key_known") : error;
    });
  if (made.length === 0) throw new AppError("too_many_keys", { maximum: MAX_KEYS });
  return viewOf(row);
}

/** What was launched with it keeps it. @throws AppError `not_found` */
export async function removeSshKey(deps: Deps, actor: Actor, keyId: string): Promise<void> {
  const [gone] = await deps.db
    .delete(sshKeys)
    .where(and(eq(sshKeys.id, keyId), eq(sshKeys.userId, actor.userId)))
    .returning({ name: sshKeys.name, fingerprint: sshKeys.fingerprint });
  if (!gone) throw new AppError("not_found");
  trail(deps, {
    target: { type: "ssh-key", id: keyId, name: gone.name },
    before: { fingerprint: gone.fingerprint },
  });
}

/** Which keys a new guest is to know. */
export interface KeyChoice {
  /** As typed, one a line. */
  typed: readonly string[];
  /** Ids of keys that the person keeps. */
  kept: readonly string[];
}

/**
 * The chosen keys, one a line, each once. Who asks by an API key has the keys of the person who made it.
 * @throws AppError `validation_failed` for an id that is none of the person's, and for more than a guest takes.
 */
export async function chosenKeys(deps: Deps, scope: Scope, { typed, kept }: KeyChoice): Promise<string> {
  const ids = [...new Set(kept)];
  const rows =
    ids.length === 0
      ? []
      : await deps.db
          .select({ line: sshKeys.line })
          .from(sshKeys)
          .where(and(eq(sshKeys.userId, scope.actor.userId), inArray(sshKeys.id, ids)))
          .orderBy(asc(sshKeys.name));
  if (rows.length < ids.length) throw wrong("#/login/keyIds", "unknown");
  const lines = distinctKeys([...rows.map((row) => row.line), ...typed]);
  if (lines.length > MAX_KEYS) throw wrong("#/login/sshKeys", "too_many");
  return lines.join("\n");
}

function wrong(pointer: string, code: string): AppError {
  return new AppError("validation_failed", {}, { fields: [{ pointer, code }] });
}

function viewOf({ id, name, line, fingerprint, createdAt }: typeof sshKeys.$inferSelect): SshKeyView {
  return { id, name, line, fingerprint, createdAt };
}
