// The matrix of access: every route of the app × who asks × whose ids; what is another's is as absent as what never was.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AUDIT_ACTIONS } from "../worker/rules/audit-actions.ts";
import { existsIn, may } from "../worker/rules/permissions.ts";
import { ACCESS_RULES } from "./harness/access-rules.ts";
import type { Rule } from "./harness/access-rules.ts";
import { CREW_LEAVES, MADE_UP, makeAskers, plainAnswer, routesOfApp } from "./harness/access.ts";
import type { Asker, Ids } from "./harness/access.ts";
import { readDatabase } from "./harness/database.ts";
import { expectHonestLedger, rows, site, stranger, write } from "./harness/site.ts";

const routes = await routesOfApp();
let askers: Asker[];
let before: unknown;
/** One row per cell. */
const asked: { route: string; asker: Asker; answer: Plain; isInside: boolean }[] = [];

beforeAll(async () => {
  askers = await makeAskers();
  before = everything();
}, 120_000);

afterAll(() => {
  write(CREW_LEAVES);
  process.stdout.write(`access matrix: ${routes.length} routes, ${askers.length} askers, ${asked.length} cells\n`);
});

it("knows every route of the app, and no other", () => {
  expect(routes.toSorted()).toEqual(Object.keys(ACCESS_RULES).toSorted());
});

describe("the matrix", () => {
  it.each(routes.filter((route) => "need" in (ACCESS_RULES[route] ?? {})))("%s", async (route) => {
    const rule = ACCESS_RULES[route] as Rule;
    const faults = await Promise.all(askers.map((asker) => faultsOf(route, rule, asker)));
    expect(faults.flat()).toEqual([]);
  });
});

describe("apart from the table", () => {
  it("the platform itself is no tenant to anybody, not even to those who run it", async () => {
    for (const { person, who } of askers) {
      const answer = await plainAnswer(person, "GET", "/api/tenants/ten_platform/services", {});
      expect([who, answer.status]).toEqual([who, who === "anonymous" ? 401 : 404]);
    }
  });

  it("a forged cookie is nobody, and so is a forged key", async () => {
    const cookie = askers.find(({ who }) => who === "owner")?.person.cookie ?? "";
    const forged = cookie.replace(/=(.)/, (_, first: string) => `=${first === "a" ? "b" : "a"}`);
    const key = `nbx_${MADE_UP.key}_${"0".repeat(32)}`;
    for (const [name, value] of Object.entries({ cookie: forged, authorization: `Bearer ${key}` })) {
      const headers = { [name]: value };
      expect((await stranger().send("GET", "/api/me", undefined, { headers })).status).toBe(401);
    }
  });

  it("nothing of all this has changed anything", () => {
    expect(everything()).toEqual(before);
    expectHonestLedger();
  });
});

describe("the audit of all this", () => {
  it("has one entry for every request that would change something, however it ended, and one for every refusal", () => {
    const entries = new Map(
      rows("select request_id, count(*) as count from audit_entries group by request_id").map((row) => [
        row["request_id"],
        row["count"],
      ]),
    );
    const wrong = asked
      .map(({ route, asker, answer, isInside }) => ({
        cell: `${route}, ${asker.who}, ${answer.status} ${answer.code}`,
        count: entries.get(answer.requestId) ?? 0,
        expected: isChange(route) || isRefused(route, asker, answer, isInside) ? 1 : 0,
      }))
      .filter(({ count, expected }) => count !== expected);
    expect(wrong).toEqual([]);
    // What the development server has lost was asked again, and is entered by the next sweep.
    const answered = new Set(asked.map(({ answer }) => answer.requestId));
    const open = rows("select request_id from audit_intents").map((row) => String(row["request_id"]));
    expect(open.filter((id) => answered.has(id))).toEqual([]);
  });

  it("names every change", () => {
    const changes = routes.filter((route) => !route.startsWith("GET ") && route !== "POST /api/auth/*");
    expect(Object.keys(AUDIT_ACTIONS).toSorted()).toEqual(changes.toSorted());
  });
});

function isChange(route: string): boolean {
  return (AUDIT_ACTIONS[route] ?? null) !== null;
}

/** A place that is not somebody's own is absent to them; their asking for it is entered all the same. */
function isRefused(route: string, asker: Asker, { status, code }: Plain, isInside: boolean): boolean {
  const isPlace = /^\w+ \/api\/(tenants|operator)\//.test(route);
  const isOutside = asker.place !== null && isPlace && code === "not_found" && !isInside;
  return (status === 403 && code !== "tenant_suspended") || isOutside;
}

type Plain = Awaited<ReturnType<typeof plainAnswer>>;

/** Tries all cells of one route and one asker; answers what is not as it should be. */
async function faultsOf(route: string, rule: Rule, asker: Asker): Promise<string[]> {
  const [method = "", pattern = ""] = route.split(" ");
  const address = pattern + (rule.query ?? "");
  const faults: string[] = [];
  const ask = async (ids: Ids, body: unknown): Promise<Plain> => {
    const sent: unknown = JSON.parse(filled(JSON.stringify(body ?? {}), ids));
    const answer = await plainAnswer(asker.person, method, filled(address, ids), sent);
    asked.push({
      route,
      asker,
      answer,
      isInside: isAt(pattern, asker) && (isPlatform(pattern) || ids.tenant === asker.place?.ids.tenant),
    });
    return answer;
  };
  const check = (cell: string, answer: Plain, [status, code]: Answer) => {
    if (answer.status !== status || (code !== undefined && answer.code !== code))
      faults.push(`${asker.who}, ${cell}: ${answer.status} ${answer.code} instead of ${status} ${code ?? ""}`);
  };
  const checkAlike = (cell: string, one: Plain, other: Plain) => {
    const [a, b] = [one, other].map(({ status, told }) => JSON.stringify({ status, told }));
    if (a !== b) faults.push(`${asker.who}, ${cell}: ${a} is not what was answered to what never was, ${b}`);
  };
  const { place } = asker;
  const notOwn = rule.valid ?? rule.body;
  const isHeld = rule.held === true && place?.isHeld === true;
  const absent = Object.fromEntries((rule.absent ?? []).map((name) => [name, MADE_UP[name as keyof Ids]]));
  const expected = isHeld && isAt(pattern, asker) ? SUSPENDED : answerOf(rule, pattern, asker);
  const named = !/[/=]:(?!tenant\b)/.test(address)
    ? null
    : expected[0] === 403 || isMissing(expected)
      ? expected
      : ABSENT;

  check("own", await ask({ ...(place?.ids ?? asker.foreign), ...absent }, isHeld ? notOwn : rule.body), expected);
  if (isOfPeople(pattern)) {
    if (named === null || place === null) return faults;
    const [foreign, never] = await Promise.all([ask(asker.foreign, notOwn), ask(MADE_UP, notOwn)]);
    checkAlike("foreign", foreign, never);
    check("foreign", foreign, named);
    return faults;
  }
  const isPlatformsOwn = isPlatform(pattern) && place?.kind === "platform";
  if (!isPlatformsOwn) {
    const [foreign, never] = await Promise.all([ask(asker.foreign, notOwn), ask(MADE_UP, notOwn)]);
    checkAlike("foreign", foreign, never);
    check("foreign", foreign, place ? ABSENT : [401, "not_signed_in"]);
  }
  // What stands in one's own place by an id that is another's, or nobody's. To the platform, nothing is another's.
  if (place === null || named === null || !isAt(pattern, asker)) return faults;
  const { tenant } = place.ids;
  const never = await ask({ ...MADE_UP, tenant }, notOwn);
  check("made up in one's own place", never, named);
  if (!isPlatformsOwn) checkAlike("foreign in one's own place", await ask({ ...asker.foreign, tenant }, notOwn), never);
  return faults;
}

type Answer = [status: number, code?: string];
const ABSENT: Answer = [404, "not_found"];
const SUSPENDED: Answer = [403, "tenant_suspended"];

/** Whether the address itself is absent to somebody. */
function isMissing(answer: Answer): boolean {
  return answer[0] === 404 && answer[1] !== undefined;
}

/** What somebody is answered about what is their own, as the table of permissions has it. */
function answerOf(rule: Rule, pattern: string, asker: Asker): Answer {
  const { need } = rule;
  if (need === "anybody") return [rule.own];
  if (asker.place === null) return [401, "not_signed_in"];
  if (need === "person") return asker.scopes ? [403, "person_needed"] : [rule.own];
  const { kind, role } = asker.place;
  if (!isAt(pattern, asker)) return ABSENT;
  if (asker.scopes && rule.keys) return [rule.keys];
  if (!existsIn(kind, need)) return ABSENT;
  if (!may(role, need)) return [403, "role_missing"];
  if (asker.scopes && !asker.scopes.includes(need)) return [403, "scope_missing"];
  return [rule.own];
}

function isPlatform(pattern: string): boolean {
  return pattern.startsWith("/api/operator/");
}

function isOfPeople(pattern: string): boolean {
  return !isPlatform(pattern) && !pattern.startsWith("/api/tenants/");
}

/** Whether this is a route of the place that somebody belongs to. */
function isAt(pattern: string, { place }: Asker): boolean {
  return place !== null && !isOfPeople(pattern) && isPlatform(pattern) === (place.kind === "platform");
}

/** With `:service` and the like, in paths and bodies, replaced by ids. */
function filled(text: string, ids: Ids): string {
  return text.replace(/:([a-z]+)/g, (whole, name: string) => ids[name as keyof Ids] ?? whole);
}

/** What requests may write in passing: the audit, counters, when somebody was last seen, what the cluster says of its guests. */
const FLEETING_TABLES = /^(audit_.*|rate_limits|sessions|verifications|consoles|d1_migrations|_cf_.*|sqlite_.*)$/;
const FLEETING_COLUMNS = new Set([
  "last_used_at",
  "last_used_from",
  "last_seen_at",
  "seen_at",
  "power",
  "power_seen_at",
  "address",
]);

/** Every row of everything else. */
function everything(): unknown {
  return readDatabase(site.databaseFile, (database) => {
    const tables = database.prepare("select name from sqlite_schema where type = 'table' order by name").all();
    return tables
      .map(({ name }) => String(name))
      .filter((name) => !FLEETING_TABLES.test(name))
      .map((name) => {
        const rows = database.prepare(`select * from "${name}"`).all();
        const lasting = rows.map((row) =>
          JSON.stringify(Object.entries(row).filter(([column]) => !FLEETING_COLUMNS.has(column))),
        );
        return [name, ...lasting.toSorted()];
      });
  });
}
