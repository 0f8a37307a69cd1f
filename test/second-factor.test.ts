// Second factors: codes from an app and recovery codes, each good once; what demands them, and what passes by them.
import { describe, expect, it } from "vitest";
import type { Person } from "../lab/stack/person.ts";
import type { SecurityView } from "../worker/rules/views-people.ts";
import type { MeView, Problem } from "../worker/rules/views.ts";
import { newTenant } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { otherSession, rows, site, stranger, write } from "./harness/site.ts";
import { childBelow, resellerWith } from "./harness/tree.ts";
import { setUpCodes } from "./harness/totp.ts";

const TOTP = "/api/auth/two-factor/verify-totp";
const RECOVERY = "/api/auth/two-factor/verify-backup-code";

/** The password given, the code still awaited. */
async function halfway(tenant: Tenant): Promise<Person> {
  const person = stranger();
  const body = await person.ok<{ twoFactorRedirect?: boolean }>("POST", "/api/auth/sign-in/email", {
    email: tenant.email,
    password: tenant.password,
  });
  expect(body).toMatchObject({ twoFactorRedirect: true });
  expect((await person.send("GET", "/api/me")).status).toBe(401);
  return person;
}

async function tried(person: Person, path: string, code: string) {
  const answer = await person.send<Problem>("POST", path, { code });
  return [answer.status, answer.status < 400 ? null : answer.body.code];
}

async function factorOf(person: Person): Promise<string | null | undefined> {
  const { sessions } = await person.ok<SecurityView>("GET", "/api/security");
  return sessions.find((session) => session.current)?.factor;
}

describe("codes from an app", () => {
  it("are asked for from the moment one was shown, and a code opens one session only", async () => {
    const tenant = await newTenant(site, "totp");
    const before = await tenant.person.ok<SecurityView>("GET", "/api/security");
    expect(before).toMatchObject({ hasPassword: true, totp: { enabled: false, recoveryCodesLeft: 0 }, passkeys: [] });
    const wrong = await tenant.person.send<Problem>("POST", "/api/auth/two-factor/enable", { password: "not-it" });
    expect([wrong.status, wrong.body.code]).toEqual([403, "password_wrong"]);
    expect(await factorOf(tenant.person)).toBe("mail");
    const { app } = await setUpCodes(tenant.person, tenant.password);
    expect(await factorOf(tenant.person)).toBe("totp");
    const after = await tenant.person.ok<SecurityView>("GET", "/api/security");
    expect(after.totp).toEqual({ enabled: true, recoveryCodesLeft: 10 });
    expect(after.sessions).toHaveLength(1);

    const [first, second] = [await halfway(tenant), await halfway(tenant)];
    const code = app.next();
    expect(await tried(first, TOTP, code)).toEqual([200, null]);
    expect(await factorOf(first)).toBe("totp");
    expect(await tried(second, TOTP, code)).toEqual([401, "code_wrong"]);
    expect((await second.send("GET", "/api/me")).status).toBe(401);
    expect(await tried(second, TOTP, app.next())).toEqual([200, null]);
  });

  it("let one of many in who send the same code at the same moment", async () => {
    const tenant = await newTenant(site, "totprace");
    const { app } = await setUpCodes(tenant.person, tenant.password);
    const people = await Promise.all(Array.from({ length: 4 }, () => halfway(tenant)));
    const code = app.next();
    const answers = await Promise.all(people.map((person) => tried(person, TOTP, code)));
    expect(answers.filter(([status]) => status === 200)).toHaveLength(1);
    expect(answers.filter(([, problem]) => problem === "code_wrong")).toHaveLength(3);
  });

  it("are closed for a while after many wrong ones, over all sign-ins, and for recovery codes too", async () => {
    const tenant = await newTenant(site, "totplock");
    const { app, recoveryCodes } = await setUpCodes(tenant.person, tenant.password);
    for (let sign = 0; sign < 2; sign += 1) {
      const person = await halfway(tenant);
      for (let tries = 0; tries < 5; tries += 1)
        expect(await tried(person, TOTP, app.wrong())).toEqual([401, "code_wrong"]);
      // This sign-in is over; the next begins with the password.
      if (sign === 0) expect(await tried(person, TOTP, app.wrong())).toEqual([401, "not_signed_in"]);
    }
    const late = await halfway(tenant);
    const locked = await late.send<Problem>("POST", TOTP, { code: app.next() });
    expect([locked.status, locked.body.code, locked.body.params]).toEqual([429, "rate_limited", { seconds: 900 }]);
    expect(await tried(late, RECOVERY, recoveryCodes[0] ?? "")).toEqual([429, "rate_limited"]);
    write(
      "update two_factors set locked_until = 1 where user_id = (select id from users where email = ?)",
      tenant.email,
    );
    expect(await tried(late, TOTP, app.next())).toEqual([200, null]);
  });

  it("raise a session that was opened without, in a new one; wrong ones close there too", async () => {
    const tenant = await newTenant(site, "raise");
    const weak = await otherSession(tenant);
    const { app } = await setUpCodes(tenant.person, tenant.password);
    expect(await factorOf(weak)).toBe("password");
    const copied = { headers: { cookie: weak.cookie } };
    expect(await tried(weak, TOTP, app.wrong())).toEqual([401, "code_wrong"]);
    expect(await factorOf(weak)).toBe("password");
    expect(await tried(weak, TOTP, app.next())).toEqual([200, null]);
    expect(await factorOf(weak)).toBe("totp");
    expect((await stranger().send("GET", "/api/me", undefined, copied)).status).toBe(401);

    for (let tries = 0; tries < 10; tries += 1)
      expect(await tried(weak, TOTP, app.wrong())).toEqual([401, "code_wrong"]);
    expect(await tried(weak, TOTP, app.next())).toEqual([429, "rate_limited"]);
  });

  it("are turned off with the password only, and sessions opened with them count as without", async () => {
    const tenant = await newTenant(site, "totpoff");
    const { app } = await setUpCodes(tenant.person, tenant.password);
    const other = await halfway(tenant);
    expect(await tried(other, TOTP, app.next())).toEqual([200, null]);
    for (const path of ["/api/auth/two-factor/disable", "/api/auth/two-factor/generate-backup-codes"]) {
      for (const body of [{}, { password: "not-it" }]) {
        const answer = await other.send<Problem>("POST", path, body);
        expect([answer.status, answer.body.code]).toEqual([403, "password_wrong"]);
      }
    }
    await tenant.person.ok("POST", "/api/auth/two-factor/disable", { password: tenant.password });
    expect([await factorOf(tenant.person), await factorOf(other)]).toEqual(["password", "password"]);
    expect(await stranger().signIn(tenant.email, tenant.password)).toBe(200);
    const view = await tenant.person.ok<SecurityView>("GET", "/api/security");
    expect(view.totp).toEqual({ enabled: false, recoveryCodesLeft: 0 });
  });

  it("cannot be set up over those that are, nor without being signed in", async () => {
    const tenant = await newTenant(site, "totptwice");
    await setUpCodes(tenant.person, tenant.password);
    const again = await tenant.person.send<Problem>("POST", "/api/auth/two-factor/enable", {
      password: tenant.password,
    });
    expect([again.status, again.body.code]).toEqual([409, "second_factor_exists"]);
    for (const path of ["enable", "disable", "generate-backup-codes", "verify-totp", "verify-backup-code"]) {
      const body = path.startsWith("verify") ? { code: "123456" } : { password: tenant.password };
      const answer = await stranger().send<Problem>("POST", `/api/auth/two-factor/${path}`, body);
      expect([path, answer.status, answer.body.code]).toEqual([path, 401, "not_signed_in"]);
    }
  });

  it("leave no secret readable, and cannot be left out on a device", async () => {
    const tenant = await newTenant(site, "totpsecret");
    const { app, recoveryCodes } = await setUpCodes(tenant.person, tenant.password);
    const person = await halfway(tenant);
    for (const [path, body] of [
      [TOTP, { code: app.next(), trustDevice: true }],
      [RECOVERY, { code: recoveryCodes[0], trustDevice: true }],
      [RECOVERY, { code: recoveryCodes[0], disableSession: true }],
    ] as const) {
      const answer = await person.send<Problem>("POST", path, body);
      expect([answer.status, answer.body.code]).toEqual([400, "validation_failed"]);
    }
    expect(await tried(person, RECOVERY, recoveryCodes[0] ?? "")).toEqual([200, null]);
    const [row] = rows(
      "select secret, backup_codes from two_factors where user_id = (select id from users where email = ?)",
      tenant.email,
    );
    expect(String(row?.["backup_codes"])).not.toContain(recoveryCodes[0]);
  });
});

describe("recovery codes", () => {
  it("open once each, and new ones end the old", async () => {
    const tenant = await newTenant(site, "recovery");
    const { recoveryCodes } = await setUpCodes(tenant.person, tenant.password);
    const [used = "", old = ""] = recoveryCodes;
    const person = await halfway(tenant);
    expect(await tried(person, RECOVERY, used)).toEqual([200, null]);
    expect(await factorOf(person)).toBe("recovery");
    expect(await tried(await halfway(tenant), RECOVERY, used)).toEqual([401, "code_wrong"]);
    const view = await person.ok<SecurityView>("GET", "/api/security");
    expect(view.totp.recoveryCodesLeft).toBe(9);

    const { backupCodes } = await person.ok<{ backupCodes: string[] }>(
      "POST",
      "/api/auth/two-factor/generate-backup-codes",
      { password: tenant.password },
    );
    expect(backupCodes).toHaveLength(10);
    const next = await halfway(tenant);
    expect(await tried(next, RECOVERY, old)).toEqual([401, "code_wrong"]);
    expect(await tried(next, RECOVERY, backupCodes[0] ?? "")).toEqual([200, null]);
  });

  it("open one session where many send the same at the same moment", async () => {
    const tenant = await newTenant(site, "recoveryrace");
    const { recoveryCodes } = await setUpCodes(tenant.person, tenant.password);
    const people = await Promise.all(Array.from({ length: 4 }, () => halfway(tenant)));
    const answers = await Promise.all(people.map((person) => tried(person, RECOVERY, recoveryCodes[0] ?? "")));
    expect(answers.filter(([status]) => status === 200)).toHaveLength(1);
    const me = await Promise.all(people.map((person) => person.send("GET", "/api/me")));
    expect(me.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});

describe("a tenant that demands a second factor", () => {
  it("opens to nobody before one was shown, and is shut again when it is turned off", async () => {
    const tenant = await newTenant(site, "demand");
    await demand(tenant.id);
    const missing = async (person: Person) =>
      (await person.ok<MeView>("GET", "/api/me")).tenants.find((row) => row.id === tenant.id)?.secondFactorMissing;
    expect(await missing(tenant.person)).toBe(true);
    for (const [method, path] of [
      ["GET", "/quota"],
      ["GET", "/services"],
      ["POST", "/services"],
      ["GET", "/keys"],
      ["GET", "/feed"],
    ] as const) {
      const answer = await tenant.person.send<Problem>(method, tenant.at(path), method === "GET" ? undefined : {});
      expect([path, answer.status, answer.body.code]).toEqual([path, 403, "second_factor_required"]);
    }
    const { app } = await setUpCodes(tenant.person, tenant.password);
    expect(await missing(tenant.person)).toBe(false);
    await tenant.person.ok("GET", tenant.at("/quota"));
    const other = await halfway(tenant);
    expect(await tried(other, TOTP, app.next())).toEqual([200, null]);
    expect(await missing(other)).toBe(false);
    await tenant.person.ok("POST", "/api/auth/two-factor/disable", { password: tenant.password });
    for (const person of [tenant.person, other]) {
      expect(await missing(person)).toBe(true);
      expect((await person.send("GET", tenant.at("/quota"))).status).toBe(403);
    }
  });

  it("demands it of everybody in the tenants below, though of nobody elsewhere", async () => {
    const reseller = await resellerWith("demandtop", { vcpu: 4 });
    const child = await childBelow(reseller, "demandmid", {}, "reseller");
    const grandchild = await childBelow(child, "demandlow", {});
    await demand(reseller.id);
    for (const tenant of [child, grandchild]) {
      const answer = await tenant.person.send<Problem>("GET", tenant.at("/quota"));
      expect([answer.status, answer.body.code]).toEqual([403, "second_factor_required"]);
      const me = await tenant.person.ok<MeView>("GET", "/api/me");
      const missing = me.tenants.map((row) => [row.id === tenant.id, row.secondFactorMissing]);
      expect(missing.toSorted()).toEqual([
        [false, false],
        [true, true],
      ]);
    }
    await setUpCodes(grandchild.person, grandchild.password);
    await grandchild.person.ok("GET", grandchild.at("/quota"));
  });

  it("leaves the keys that were made before at work", async () => {
    const tenant = await newTenant(site, "demandkey");
    const made = await tenant.person.ok<{ token: string }>("POST", tenant.at("/keys"), {
      name: "deploys",
      scopes: ["service.read"],
      expiresAt: null,
    });
    await demand(tenant.id);
    const headers = { authorization: `Bearer ${made.token}` };
    expect((await stranger().send("GET", tenant.at("/services"), undefined, { headers })).status).toBe(200);
    expect((await tenant.person.send("GET", tenant.at("/services"))).status).toBe(403);
  });
});

/** What the settings do; straight in the database, since nobody of the tenant could take it back after that. */
async function demand(tenantId: string): Promise<void> {
  write("update tenants set require_second_factor = 1 where id = ?", tenantId);
}
