// Runs of schedules that have come due are claimed, many in one statement, and handed to a queue; see ADR 13.
import { and, isNotNull, lte, sql } from "drizzle-orm";
import { scheduleRuns, schedules } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import type { ErrorCode } from "../../errors.ts";
import { comeDue } from "../../rules/calendar.ts";
import type { RunState } from "../../rules/views-automation.ts";

/** A message of the queue: ids of runs that are claimed and not begun yet. */
export interface DueRuns {
  runs: string[];
}

/** Schedules that one round claims; one parameter of JSON carries them all, since a statement takes a hundred at most. */
const ROUND = 500;
/** Rounds of one pass; the rest waits for the next, which is seconds or a minute away. */
const ROUNDS = 20;
/** Runs in a message: what one consumer begins well within the limits of one invocation. */
const RUNS_A_MESSAGE = 20;
/** Runs that one pass sends again. */
const SENT_AGAIN = 500;

/** A schedule that has come due: when it was to run, when it comes next, and a row for every run there was in between. */
interface Claim {
  schedule: string;
  from: number;
  next: number | null;
  runs: { id: string; due: number; state: RunState; code?: ErrorCode }[];
}

/**
 * Claims everything that is due. Of two passes at once only one finds `next_at` as it was read, so that each run is claimed once, and a
 * schedule that was changed in between is left for its new time.
 */
export async function claimDue(deps: Deps): Promise<void> {
  const now = deps.now();
  const reckon = remembering(now);
  for (let round = 0; round < ROUNDS; round += 1) {
    const due = await deps.db
      .select({ id: schedules.id, rule: schedules.rule, timeZone: schedules.timeZone, nextAt: schedules.nextAt })
      .from(schedules)
      // Word for word the condition of the index on those that may come due.
      .where(and(sql`${schedules.paused} = 0`, isNotNull(schedules.nextAt), lte(schedules.nextAt, now)))
      .orderBy(schedules.nextAt)
      .limit(ROUND);
    if (due.length === 0) return;
    const taken = await claim(
      deps,
      due.map((row) => claimOf(deps, row, reckon)),
      now,
    );
    await send(deps, taken);
    if (due.length < ROUND) return;
  }
}

/** Sends once more what was claimed a while ago and has not begun: its message was lost, or the service was busy. */
export async function sendAgain(deps: Deps): Promise<void> {
  const cutoff = deps.now() - 2 * deps.config.OPERATION_LEASE_MS;
  const old = sql`select id from schedule_runs where state = 'taken' and at < ${cutoff} order by at limit ${SENT_AGAIN}`;
  // Looked for first: a pass that has nothing to write takes no part in the line of those who write.
  if ((await deps.db.all(old)).length === 0) return;
  const rows = await deps.db.all<{ id: string }>(
    sql`update schedule_runs set at = ${deps.now()} where id in (${old}) returning id`,
  );
  deps.log("info", "runs_sent_again", { count: rows.length });
  await send(
    deps,
    rows.map(({ id }) => id),
  );
}

type Reckoned = ReturnType<typeof comeDue>;

/** Many schedules have the same rule and come due at the same moment: it is worked out once. */
function remembering(now: number): (rule: string, timeZone: string, dueAt: number) => Reckoned {
  const known = new Map<string, Reckoned>();
  return (rule, timeZone, dueAt) => {
    const key = `${dueAt} ${timeZone} ${rule}`;
    const found = known.get(key) ?? comeDue(rule, timeZone, dueAt, now);
    known.set(key, found);
    return found;
  };
}

function claimOf(
  deps: Deps,
  row: { id: string; rule: string; timeZone: string; nextAt: number | null },
  reckon: ReturnType<typeof remembering>,
): Claim {
  const from = row.nextAt ?? 0;
  let reckoned: Reckoned;
  try {
    reckoned = reckon(row.rule, row.timeZone, from);
  } catch (error) {
    // A time zone that is no more: one schedule that cannot go on must not hold up all others.
    deps.log("error", "schedule_stopped", { scheduleId: row.id, error: String(error) });
    const runs: Claim["runs"] = [{ id: deps.newId("run"), due: from, state: "refused", code: "internal" }];
    return { schedule: row.id, from, next: null, runs };
  }
  const { run, missed, next } = reckoned;
  const runs: Claim["runs"] = missed.map((due) => ({ id: deps.newId("run"), due, state: "missed" }));
  if (run !== null) runs.push({ id: deps.newId("run"), due: run, state: "taken" });
  return { schedule: row.id, from, next, runs };
}

/**
 * Writes the rows of all these runs and moves their schedules on: both, or neither. Answers the ids of those that are to begin. The
 * unary plus keeps SQLite from looking schedules up by their time, which thousands may share.
 */
async function claim(deps: Deps, claims: readonly Claim[], now: number): Promise<string[]> {
  const list = sql`json_each(${JSON.stringify(claims)}) as claim`;
  const isAsRead = sql`+schedules.next_at = claim.value ->> 'from' and +schedules.paused = 0`;
  const [rows] = await deps.db.batch([
    deps.db
      .insert(scheduleRuns)
      .select(
        sql`select run.value ->> 'id', schedules.id, run.value ->> 'due', run.value ->> 'state', null, run.value ->> 'code', ${now}
        from ${list} cross join schedules on schedules.id = claim.value ->> 'schedule'
          cross join json_each(claim.value -> 'runs') as run
        where ${isAsRead}`,
      )
      .onConflictDoNothing()
      .returning({ id: scheduleRuns.id, state: scheduleRuns.state }),
    deps.db
      .update(schedules)
      .set({ nextAt: sql`claim.value ->> 'next'` })
      .from(list)
      .where(sql`schedules.id = claim.value ->> 'schedule' and ${isAsRead}`),
  ]);
  return rows.flatMap((row) => (row.state === "taken" ? [row.id] : []));
}

/** What cannot be sent now is sent again by a later pass. */
async function send(deps: Deps, runIds: readonly string[]): Promise<void> {
  const messages: { body: DueRuns }[] = [];
  for (let index = 0; index < runIds.length; index += RUNS_A_MESSAGE)
    messages.push({ body: { runs: runIds.slice(index, index + RUNS_A_MESSAGE) } });
  if (messages.length === 0) return;
  try {
    await deps.env.SCHEDULES.sendBatch(messages);
  } catch (error) {
    deps.log("warn", "runs_not_sent", { count: runIds.length, error: String(error) });
  }
}
