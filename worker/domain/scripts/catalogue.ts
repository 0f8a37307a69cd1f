// The catalogue of scripts: what operators have looked at and let tenants choose.
import { eq } from "drizzle-orm";
import { refusedBy } from "../../db/database.ts";
import { scripts } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { ScriptSourceView, ScriptView } from "../../rules/views-automation.ts";
import { trail } from "../audit.ts";

export type ScriptRow = typeof scripts.$inferSelect;
export type ScriptDraft = Omit<ScriptSourceView, "id">;

/** What tenants may choose from. */
export async function offeredScripts(deps: Deps): Promise<ScriptView[]> {
  const rows = await deps.db.select().from(scripts).where(eq(scripts.active, true)).orderBy(scripts.name);
  return rows.map(scriptView);
}

/** Every script with its source, withdrawn ones included. */
export async function allScripts(deps: Deps): Promise<ScriptSourceView[]> {
  const rows = await deps.db.select().from(scripts).orderBy(scripts.name);
  return rows.map(sourceView);
}

/** @throws AppError `name_taken` */
export async function publishScript(deps: Deps, draft: ScriptDraft): Promise<ScriptSourceView> {
  const row: ScriptRow = { ...draft, id: deps.newId("scr"), createdAt: deps.now() };
  trail(deps, { target: { type: "script", id: row.id, name: row.name }, after: await told(draft) });
  await unlessTaken(draft.name, deps.db.insert(scripts).values(row));
  return sourceView(row);
}

/**
 * Changes a script. Services that have chosen it run it as it is from then on; a run that has begun goes on as it was, and one
 * whose values no longer fit the parameters is not begun. One that is not active is run by nobody.
 * @throws AppError `not_found`, `name_taken`.
 */
export async function changeScript(deps: Deps, scriptId: string, draft: ScriptDraft): Promise<ScriptSourceView> {
  const [before] = await deps.db.select().from(scripts).where(eq(scripts.id, scriptId));
  if (!before) throw new AppError("not_found");
  const target = { type: "script", id: scriptId, name: draft.name };
  trail(deps, { target, before: await told(before), after: await told(draft) });
  await unlessTaken(draft.name, deps.db.update(scripts).set(draft).where(eq(scripts.id, scriptId)));
  return sourceView({ ...before, ...draft });
}

async function unlessTaken(name: string, change: Promise<unknown>): Promise<void> {
  try {
    await change;
  } catch (error) {
    if (!refusedBy(error, "scripts.name")) throw error;
    throw new AppError("name_taken", { name }, { fields: [{ pointer: "#/name", code: "taken" }] });
  }
}

/** What the audit keeps of a script: its source by the digest, so that one can tell which it was. */
async function told(draft: ScriptDraft): Promise<Record<string, unknown>> {
  const { name, events, timeoutSeconds, active, parameters } = draft;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(draft.body));
  const body = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return {
    name,
    events,
    timeoutSeconds,
    active,
    parameters: parameters.map((row) => row.name),
    body: `sha256:${body}`,
  };
}

function scriptView(row: ScriptRow): ScriptView {
  const { id, name, description, events, parameters } = row;
  return { id, name, description, events, parameters };
}

function sourceView(row: ScriptRow): ScriptSourceView {
  const { body, timeoutSeconds, active } = row;
  return { ...scriptView(row), body, timeoutSeconds, active };
}
