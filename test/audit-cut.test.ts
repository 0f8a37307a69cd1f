// The audit where things break off: a Worker that dies, somebody who goes away, and a stranger who will not stop.
import { request as httpRequest } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readDatabase } from "./harness/database.ts";
import { clearFaults, fault, pause } from "./harness/portal.ts";
import { startTestStack } from "./harness/shared.ts";
import type { TestStack } from "./harness/shared.ts";
import type { Problem } from "../worker/rules/views.ts";
import type { AuditVerdict } from "../worker/rules/views-audit.ts";

const SIGN_IN_LIMIT = 4;
let own: TestStack;

beforeAll(async () => {
  own = await startTestStack({ vars: { SIGN_IN_LIMIT: String(SIGN_IN_LIMIT), PVE_TIMEOUT_MS: "6000" } });
}, 120_000);

afterAll(async () => own.remove(), 30_000);

type Row = Record<string, unknown>;

function rows(sql: string, ...values: (string | number)[]): Row[] {
  return readDatabase(own.stack.databaseFile(), (database) => database.prepare(sql).all(...values));
}

const checks = () =>
  rows("select actor_kind, actor_name, outcome, code, target_id from audit_entries where action = 'cluster.check'");

/** As the minute's tick does. */
async function tick(): Promise<void> {
  const answer = await fetch(new URL("/cdn-cgi/handler/scheduled", own.stack.origin));
  expect(await answer.text()).toBe("ok");
}

function checkPath(): string {
  return `/api/operator/clusters/${own.clusterId}/check`;
}

/** Makes what was noted look old: as if nobody had come back to it for minutes. */
function ageIntents(): void {
  const database = new DatabaseSync(own.stack.databaseFile());
  database.exec("pragma busy_timeout = 5000; update audit_intents set at = at - 600000");
  database.close();
}

async function until(what: () => boolean): Promise<void> {
  for (let tries = 0; !what(); tries += 1) {
    if (tries === 200) throw new Error("it never came to that");
    await pause(50);
  }
}

async function verdict(): Promise<AuditVerdict> {
  return own.operator.ok<AuditVerdict>("GET", "/api/operator/audit/verify");
}

describe("a change", () => {
  it("whose Worker dies has one entry all the same: by whom, to what, and that the end is unknown", async () => {
    const before = checks().length;
    await fault(own.stack.lab.controlUrl, { kind: "latency", path: "/version$", ms: 5_000 });
    const cut = own.operator.send("POST", checkPath(), {}).catch(() => null);
    await until(() => rows("select 1 from audit_intents").length === 1);
    await own.stack.killWorker();
    await cut;
    await clearFaults(own.stack.lab.controlUrl);
    ageIntents();
    await own.stack.startWorker();
    expect(checks().length).toBe(before);
    await Promise.all([tick(), tick(), tick()]);
    await tick();
    expect(checks().slice(before)).toEqual([
      { actor_kind: "person", actor_name: "Olga", outcome: "unknown", code: null, target_id: own.clusterId },
    ]);
    expect(rows("select 1 from audit_intents")).toEqual([]);
    expect((await verdict()).ok).toBe(true);
  });

  it("is told of with its true end where whoever asked has gone away", async () => {
    const before = checks().length;
    await fault(own.stack.lab.controlUrl, { kind: "latency", path: "/version$", ms: 1_500 });
    const sent = httpRequest(new URL(checkPath(), own.stack.origin), {
      method: "POST",
      headers: { origin: own.stack.origin, cookie: own.operator.cookie, "content-type": "application/json" },
    });
    sent.on("error", () => undefined);
    sent.end("{}");
    await until(() => rows("select 1 from audit_intents").length === 1);
    sent.destroy();
    await until(() => checks().length > before);
    await clearFaults(own.stack.lab.controlUrl);
    expect(checks().slice(before)).toMatchObject([{ actor_name: "Olga", outcome: "done" }]);
    expect(rows("select 1 from audit_intents")).toEqual([]);
  });
});

describe("a stranger", () => {
  it("leaves so many failures behind in an hour and no more; what succeeds is always told of", async () => {
    const failures = () =>
      rows("select after, request_id from audit_entries where actor_kind = 'stranger' and outcome = 'failed'");
    const before = failures().length;
    const counters = rows(`select count from rate_limits where "key" like 'audit:%' and "key" <> 'audit:all'`);
    const used = Number(counters[0]?.["count"] ?? 0);
    const statuses = new Map<number, number>();
    for (let round = 0; round < 20; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 5 }, () =>
          fetch(new URL("/api/tenants/ten_x/services", own.stack.origin), { method: "POST", body: "{}" }),
        ),
      );
      for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect([...statuses.keys()]).toEqual([401]);
    const made = failures().slice(before);
    expect(made.length).toBe(SIGN_IN_LIMIT * 6 - used);
    expect(made.map((row) => row["after"]).filter(Boolean)).toEqual(['{"furtherLeftOut":true}']);
    expect(rows("select 1 from audit_intents")).toEqual([]);

    const seen = rows("select 1 from audit_entries where action = 'auth.sign-up'").length;
    const draft = {
      name: "Nora",
      organisation: "Nora's",
      email: "nora@people.test",
      password: "a-long-password",
      locale: "en",
    };
    const signUp = await fetch(new URL("/api/auth/sign-up/email", own.stack.origin), {
      method: "POST",
      headers: { origin: own.stack.origin, "content-type": "application/json" },
      body: JSON.stringify({ ...draft, callbackURL: "/" }),
    });
    expect(signUp.status).toBe(200);
    expect(rows("select 1 from audit_entries where action = 'auth.sign-up'").length).toBe(seen + 1);
    expect((await verdict()).ok).toBe(true);
  });
});

describe("requests", () => {
  it("of one person are too many at some point: refused, and nothing is written of them", async () => {
    const limited = await startTestStack({ vars: { REQUEST_LIMITS: "on" } });
    try {
      const { origin, databaseFile } = limited.stack;
      const entered = entriesIn(databaseFile);
      const send = () => limited.operator.send<Problem>("PUT", "/api/operator/templates/tpl_x", { active: true });
      const answers: Awaited<ReturnType<typeof send>>[] = [];
      for (let round = 0; round < 40; round += 1)
        answers.push(...(await Promise.all(Array.from({ length: 10 }, async () => await send()))));
      const refused = answers.filter(({ status }) => status === 429);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404, 429]));
      expect(refused.length).toBeGreaterThan(0);
      expect(refused[0]?.body).toMatchObject({ code: "rate_limited", params: { seconds: 60 } });
      expect(refused[0]?.headers.get("retry-after")).toBe("60");
      const ids = (some: typeof answers) => some.map(({ headers }) => String(headers.get("x-request-id")));
      expect(entered(ids(refused))).toBe(0);
      expect(entered(ids(answers))).toBe(answers.length - refused.length);
      // Reading is counted by itself, and so is everybody else.
      expect((await limited.operator.send("GET", "/api/me")).status).toBe(200);
      expect((await fetch(new URL("/api/tenants/ten_x/services", origin), { method: "POST" })).status).toBe(401);
    } finally {
      await limited.remove();
    }
  }, 120_000);
});

/** How many of these requests have an entry. */
function entriesIn(databaseFile: () => string): (requestIds: string[]) => number {
  return (requestIds) =>
    readDatabase(databaseFile(), (database) => {
      const sql = "select count(*) as n from audit_entries where request_id in (select value from json_each(?))";
      return Number(database.prepare(sql).get(JSON.stringify(requestIds))?.["n"]);
    });
}
