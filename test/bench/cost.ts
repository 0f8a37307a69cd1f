// `npm run bench:cost`: rows of D1 read for the overview, the services list and a launch, with 10, 1,000 and 10,000 tenants.
import type { Accepted } from "../../worker/rules/views.ts";
import { ended, launchBody, newTenant, pause } from "../harness/portal.ts";
import type { Site, Tenant } from "../harness/portal.ts";
import { runBench, table } from "./measure.ts";
import { seedTenants } from "./tree-seed.ts";

const SIZES = [10, 1_000, 10_000] as const;
/** No poll in between, whose rows nobody asked for. */
const VARS = { MEASURE_COST: "1", POLL_PERIOD_MS: "600000", PVE_TIMEOUT_MS: "15000", STEP_BUDGET_MS: "60000" };
/** A launch polls its tasks for as long as they take, so that its turns, not the tenants, make it differ a little. */
const SLACK = 1.25;
/** What the bench itself adds to the tenant from one measurement to the next: its launches stand in its lists and its audit. */
const OWN_ROWS = 10;

interface Rows {
  read: number;
  written: number;
}

const turns: { operationId: string; rowsRead: number; rowsWritten: number }[] = [];

await runBench(
  "cost",
  { labSpeed: 20, vars: VARS, onLine: (_source, line) => noteTurn(line) },
  async ({ figures, claim, say, guard }, { stack }) => {
    const site: Site = { origin: stack.origin, controlUrl: stack.lab.controlUrl, databaseFile: stack.databaseFile() };
    const tenant = await newTenant(site, "cost");
    // The first launch sets the tenant up on the cluster; those that are measured find that done.
    await launchOnce(tenant, "first");
    const results: Record<number, Record<string, Rows>> = {};
    let seeded = 0;
    for (const size of SIZES) {
      await guard(stack.killWorker());
      seedTenants(site.databaseFile, seeded, size);
      await guard(stack.startWorker());
      seeded = size;
      results[size] = {
        overview: await overview(tenant),
        "services list": await cost(tenant, tenant.at("/services")),

        "audit page": await cost(tenant, tenant.at("/audit")),
        launch: await launchOnce(tenant, `vm-${size}`),
      };
      say(`${size} tenants measured`);
    }
    const names = Object.keys(results[10] ?? {});
    const cell = (size: number, name: string) => results[size]?.[name] ?? { read: 0, written: 0 };
    say(
      table(
        ["rows of D1", ...SIZES.map((size) => `${size} tenants`)],
        names.map((name) => [
          name,
          ...SIZES.map((size) => `${cell(size, name).read} read, ${cell(size, name).written} written`),
        ]),
      ),
    );
    for (const name of names) {
      const [least, most] = [cell(10, name).read, cell(10_000, name).read];
      claim(
        `${name} is flat: ${least} rows with 10 tenants, ${most} with 10,000`,
        most <= least * SLACK + OWN_ROWS && most > 0,
      );
    }
    Object.assign(figures, { rows: results });
  },
);

/** What the page asks for when it is opened. */
async function overview(tenant: Tenant): Promise<Rows> {
  const parts = ["/quota", "/services", "/operations?limit=50", "/catalogue"].map((path) => tenant.at(path));
  const rows = [];
  for (const path of ["/api/me", ...parts]) rows.push(await cost(tenant, path));
  return { read: sum(rows.map((row) => row.read)), written: sum(rows.map((row) => row.written)) };
}

async function cost(tenant: Tenant, path: string): Promise<Rows> {
  const answer = await tenant.person.send("GET", path);
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
  return rowsOf(answer.headers);
}

/** A launch from the request to its last turn; the service is deleted again. */
async function launchOnce(tenant: Tenant, name: string): Promise<Rows> {
  const answer = await tenant.person.send<Accepted>("POST", tenant.at("/services"), await launchBody(tenant, { name }));
  if (answer.status !== 202) throw new Error(`launch refused: ${JSON.stringify(answer.body)}`);
  const { operation, service } = answer.body;
  const end = await ended(tenant, operation.id);
  if (end.status !== "succeeded") throw new Error(`launch ended ${end.status}`);
  await pause(500);
  const own = turns.filter((turn) => turn.operationId === operation.id);
  const asked = rowsOf(answer.headers);
  const path = tenant.at(`/services/${service.id}?confirm=${name}`);
  await ended(tenant, (await tenant.person.ok<Accepted>("DELETE", path)).operation.id);
  return {
    read: asked.read + sum(own.map((turn) => turn.rowsRead)),
    written: asked.written + sum(own.map((turn) => turn.rowsWritten)),
  };
}

function rowsOf(headers: Headers): Rows {
  const [, read = "0", written = "0"] = /read=(\d+), written=(\d+)/.exec(headers.get("x-nubemox-rows") ?? "") ?? [];
  return { read: Number(read), written: Number(written) };
}

function noteTurn(line: string): void {
  const start = line.indexOf('{"level"');
  if (start === -1 || !line.includes('"turn_cost"')) return;
  try {
    turns.push(JSON.parse(line.slice(start, line.lastIndexOf("}") + 1)));
  } catch {
    // A line that was cut in two is one turn fewer to count.
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
