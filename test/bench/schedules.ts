// `npm run bench:schedules`: 10,000 schedules due in one minute are begun once each, whatever ticks and crashes there are.
//
// Measured is from the first tick until the last run has begun: claimed, through the queue, and begun as any operation is, with
// the lock on its service, its row, its entry in the audit, its word to the tenant's pages. What the operations then do on a cluster
// is not measured: the Worker of this benchmark has no Workflow, so they stay queued, and the services have no guests. Nor is the
// time that passes before what was lost with a Worker is sent again, two leases: when it is killed, what was claimed is made old.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ROOT } from "../../lab/stack/stack.ts";
import { readDatabase } from "../harness/database.ts";
import { ledgerFaults, pause } from "../harness/portal.ts";
import { round, runBench } from "./measure.ts";
import { seedTenants } from "./tree-seed.ts";

const TENANTS = 100;
const EACH = Number(process.env["SCHEDULES"] ?? 10_000) / TENANTS;
const SCHEDULES = TENANTS * EACH;
/** The Worker is killed when so many have begun. */
const KILL_AT = SCHEDULES * 0.3;
const TICK_EVERY_MS = 5_000;
/** Runs that are asked for a second time at the end. */
const AGAIN = SCHEDULES / 20;
const GIVE_UP_MS = 30 * 60_000;
/** Nobody else ticks, and no operation is taken over. */
const LEASE_MS = 3_600_000;
const VARS = { MEASURE_COST: "1", POLL_PERIOD_MS: "600000", OPERATION_LEASE_MS: String(LEASE_MS) };

const rows = { passes: 0, runs: 0 };
mkdirSync(join(ROOT, ".state"), { recursive: true });
const folder = mkdtempSync(join(ROOT, ".state/schedules-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

await runBench(
  "schedules",
  { labSpeed: 20, vars: VARS, workerConfig: withoutWorkflow(), onLine: (_source, line) => noteCost(line) },
  async ({ figures, claim, say, guard }, { stack }) => {
    const file = stack.databaseFile();
    await guard(stack.killWorker());
    seedTenants(file, 0, TENANTS, { services: EACH, operations: 0, audit: 0, room: EACH });
    const dueAt = seedSchedules(file);
    await guard(stack.startWorker());
    say(`${SCHEDULES} schedules of ${TENANTS} tenants are due; three ticks at once …`);

    const startedAt = performance.now();
    rows.passes = rows.runs = 0;
    const tick = () => fetch(new URL("/cdn-cgi/handler/scheduled", stack.origin)).catch(() => null);
    let ticks: Promise<unknown> = Promise.all([tick(), tick(), tick()]);
    let killedAt = 0;
    let downSeconds = 0;
    for (let ticked = performance.now(); ; await pause(500)) {
      const begun = count(file, "select count(*) as n from schedule_runs where state = 'begun'");
      if (begun >= SCHEDULES || performance.now() - startedAt > GIVE_UP_MS) break;
      if (killedAt === 0 && begun >= KILL_AT) {
        say(`${begun} have begun: the Worker is killed`);
        killedAt = begun;
        const killed = performance.now();
        await guard(stack.killWorker());
        ageClaims(file);
        await guard(stack.startWorker());
        downSeconds = round((performance.now() - killed) / 1_000, 1);
        ticked = 0;
      }
      if (performance.now() - ticked < TICK_EVERY_MS) continue;
      ticked = performance.now();
      await ticks;
      ticks = Promise.all([tick(), tick()]);
    }
    await ticks;
    const secondsToAll = round((performance.now() - startedAt) / 1_000, 1);
    const rowsRead = { ...rows };
    await guard(stack.killWorker());
    forgetBegun(file);
    await guard(stack.startWorker());
    say(`${AGAIN} are asked for once more, as if whoever began them had not come to say so …`);
    for (const from = performance.now(); performance.now() - from < GIVE_UP_MS; await pause(500)) {
      if (count(file, "select count(*) as n from schedule_runs where state = 'taken'") === 0) break;
      await Promise.all([tick(), tick()]);
    }

    const is = (text: string, sql: string, expected: number) => {
      const found = count(file, sql);
      claim(`${text} (${found})`, found === expected);
    };
    claim(`the Worker was killed in the middle, at ${killedAt}`, killedAt > 0 && killedAt < SCHEDULES);
    is(
      "every schedule has one run that has begun",
      "select count(distinct schedule_id) as n from schedule_runs where state = 'begun'",
      SCHEDULES,
    );
    is("there is no other run", "select count(*) as n from schedule_runs", SCHEDULES);
    is("every run was due then", `select count(*) as n from schedule_runs where due_at = ${dueAt}`, SCHEDULES);
    is("there is one operation each", "select count(*) as n from operations", SCHEDULES);
    is(
      "run, operation, lock and service belong together",
      `select count(*) as n from schedule_runs r join schedules s on s.id = r.schedule_id
        join operations o on o.id = r.operation_id and o.idempotency_key = 'schedule-' || r.id and o.kind = s.action
        join services v on v.id = s.service_id and v.operation_id = o.id and v.id = o.service_id`,
      SCHEDULES,
    );
    is(
      "every begun run is in the audit once",
      "select count(distinct target_id) as n from audit_entries where action = 'schedule.run'",
      SCHEDULES,
    );
    is("every schedule comes again", `select count(*) as n from schedules where next_at > ${dueAt}`, SCHEDULES);
    const faults = ledgerFaults(file);
    claim(`the ledger is whole ${faults.join("; ")}`.trimEnd(), faults.length === 0);
    const perRun = { claiming: round(rowsRead.passes / SCHEDULES, 2), beginning: round(rowsRead.runs / SCHEDULES, 1) };
    say(
      `all begun after ${secondsToAll} s (${downSeconds} s of them without a Worker), ${round(SCHEDULES / secondsToAll, 0)} a second; ` +
        `rows read per run: ${perRun.claiming} by ticks, ${perRun.beginning} by beginning it`,
    );
    Object.assign(figures, { schedules: SCHEDULES, killedAt, secondsToAll, downSeconds, rowsReadPerRun: perRun });
  },
);

/** The Worker's configuration but for the Workflow; answers its file. */
function withoutWorkflow(): string {
  const config = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
  const file = join(folder, "wrangler.toml");
  const text = config
    .replace(/\[\[workflows\]\][^[]*/, "")
    .replace('"./dist/web"', JSON.stringify(join(ROOT, "dist/web")))
    .replace('"worker/index.ts"', JSON.stringify(join(ROOT, "worker/index.ts")));
  writeFileSync(file, text);
  return file;
}

/** A schedule for each service, all due at the last full minute; answers which that is. */
function seedSchedules(file: string): number {
  const dueAt = Math.floor(Date.now() / 60_000) * 60_000;
  write(
    file,
    `insert into schedules (id, tenant_id, service_id, action, rule, time_zone, next_at, maker_id, maker_name, created_at)
      select 'sch_' || id, tenant_id, id, 'start', '${ruleAt(dueAt)}', 'America/Sao_Paulo', ${dueAt}, 'u', 'U', 0 from services;
    pragma wal_checkpoint(passive)`,
  );
  return dueAt;
}

/** As if two leases had passed since they were claimed. */
function ageClaims(file: string): void {
  write(file, `update schedule_runs set at = at - ${2 * LEASE_MS + 1} where state = 'taken'`);
}

function forgetBegun(file: string): void {
  write(
    file,
    `update schedule_runs set state = 'taken', operation_id = null, at = 0 where id in (
      select id from schedule_runs order by id limit ${AGAIN})`,
  );
}

/** Straight to the file; the Worker must not run. */
function write(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  try {
    database.exec("pragma busy_timeout = 20000; pragma foreign_keys = on");
    database.exec(sql);
  } finally {
    database.close();
  }
}

/** Daily, at this moment by the clocks of São Paulo, three hours behind UTC. */
function ruleAt(moment: number): string {
  const date = new Date(moment - 3 * 3_600_000);
  return `${date.getUTCMinutes()} ${date.getUTCHours()} * * *`;
}

function count(file: string, sql: string): number {
  return readDatabase(file, (database) => Number(database.prepare(sql).get()?.["n"]));
}

function noteCost(line: string): void {
  const kind = /"event":"(schedules_cost|runs_cost)"/.exec(line)?.[1];
  const read = Number(/"rowsRead":(\d+)/.exec(line)?.[1] ?? 0);
  if (kind === "schedules_cost") rows.passes += read;
  if (kind === "runs_cost") rows.runs += read;
}
