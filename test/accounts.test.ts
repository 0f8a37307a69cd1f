// Accounts: signing up, confirming, signing in and out, new passwords, and what strangers may not learn or do.
import { describe, expect, it } from "vitest";
import { OPERATOR_EMAIL } from "../lab/stack/demo.ts";
import type { Person } from "../lab/stack/person.ts";
import type { MeView, Problem, QuotaView } from "../worker/rules/views.ts";
import { newTenant } from "./harness/portal.ts";
import { freshEmail, otherSession, platformOperator, rows, site, stranger, withoutId } from "./harness/site.ts";

const PASSWORD = "a-long-password";
const VERIFY = /\/api\/auth\/verify-email\?\S+/;

function account(email = freshEmail("acc")) {
  return { name: "Ana", organisation: "Ana's", email, password: PASSWORD, locale: "en", callbackURL: "/" };
}

async function signUp(email: string): Promise<Person> {
  const person = stranger();
  await person.ok("POST", "/api/auth/sign-up/email", account(email));
  return person;
}

describe("signing up", () => {
  it.each([
    ["no name", { name: undefined }, "validation_failed", "#/name"],
    ["an empty organisation", { organisation: " " }, "validation_failed", "#/organisation"],
    ["a language that is none", { locale: "tlh" }, "validation_failed", "#/locale"],
    ["an address that is none", { email: "ana" }, "validation_failed", "#/email"],
    ["no address", { email: undefined }, "validation_failed", "#/email"],
    ["no password", { password: undefined }, "validation_failed", "#/password"],
    ["a short password", { password: "short" }, "password_too_weak", null],
    ["a password that is too long", { password: "x".repeat(129) }, "password_too_weak", null],
  ])("refuses %s and says which field", async (_what, changes, code, pointer) => {
    const email = freshEmail("bad");
    const answer = await stranger().send<Problem>("POST", "/api/auth/sign-up/email", { ...account(email), ...changes });
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.body.code).toBe(code);
    expect(answer.body.errors?.map((field) => field.pointer) ?? [null]).toEqual([pointer]);
    expect(rows("select id from users where email = ?", email)).toEqual([]);
  });

  it("refuses a body that is not JSON", async () => {
    const answer = await fetch(new URL("/api/auth/sign-up/email", site.origin), {
      method: "POST",
      headers: { "content-type": "application/json", origin: site.origin },
      body: "{",
    });
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as Problem).code).toBe("body_unreadable");
  });

  it("does not send people elsewhere after the link", async () => {
    const body = { ...account(), callbackURL: "https://elsewhere.test/" };
    const answer = await stranger().send<Problem>("POST", "/api/auth/sign-up/email", body);
    expect(answer.status).toBeGreaterThanOrEqual(400);
  });

  it("gives no session before the address is confirmed", async () => {
    const email = freshEmail("unverified");
    const person = await signUp(email);
    expect(person.cookie).toBe("");
    const refused = await person.send<Problem>("POST", "/api/auth/sign-in/email", { email, password: PASSWORD });
    expect([refused.status, refused.body.code]).toEqual([403, "email_not_verified"]);
    expect(person.cookie).toBe("");
    expect((await person.send<Problem>("GET", "/api/me")).body.code).toBe("not_signed_in");
  });
});

describe("the link of the mail", () => {
  it("confirms, signs in, and makes one tenant with the default envelope, however often it is asked for", async () => {
    const email = freshEmail("once");
    const person = await signUp(email);
    const link = await person.linkFromMail(email, VERIFY);
    expect((await person.send("GET", link)).headers.get("location")).toBe("/");
    const answers = await Promise.all(Array.from({ length: 6 }, () => person.ok<MeView>("GET", "/api/me")));
    const ids = new Set(answers.flatMap((me) => me.tenants.map((tenant) => tenant.id)));
    expect(ids.size).toBe(1);
    const [me] = answers;
    expect(me?.operator).toBe(false);
    expect(me?.tenants).toMatchObject([{ name: "Ana's", role: "owner", kind: "tenant", status: "active" }]);
    const quota = await person.ok<QuotaView>("GET", `/api/tenants/${[...ids][0]}/quota`);
    const limits = Object.fromEntries(quota.resources.map((row) => [row.resource, [row.used, row.limit, row.own]]));
    expect(limits).toEqual({
      vcpu: [0, 4, true],
      memoryMiB: [0, 4_096, true],
      diskGiB: [0, 40, true],
      services: [0, 5, true],
      snapshots: [0, 10, true],
      backups: [0, 5, true],
      backupGiB: [0, 40, true],
      publicIps: [0, 0, true],
    });
  });

  it("signs nobody in a second time, and makes no second tenant", async () => {
    const email = freshEmail("twice");
    const person = await signUp(email);
    const link = await person.linkFromMail(email, VERIFY);
    await person.send("GET", link);
    const thief = stranger();
    await thief.send("GET", link);
    expect((await thief.send("GET", "/api/me")).status).toBe(401);
    const found = rows("select t.id from tenants t join users u on u.id = t.founder_id where u.email = ?", email);
    expect(found).toHaveLength(1);
  });

  it("does nothing when it was changed", async () => {
    const email = freshEmail("wrong");
    const person = await signUp(email);
    const link = new URL(await person.linkFromMail(email, VERIFY), site.origin);
    const token = link.searchParams.get("token") ?? "";
    link.searchParams.set("token", `${token.slice(0, -4)}${token.endsWith("AAAA") ? "BBBB" : "AAAA"}`);
    const answer = await person.send("GET", `${link.pathname}${link.search}`);
    expect(answer.status).toBe(302);
    expect(answer.headers.get("location")).toMatch(/^\/\?error=/);
    expect(person.cookie).toBe("");
    expect(rows("select email_verified from users where email = ?", email)).toEqual([{ email_verified: 0 }]);
  });
});

describe("a new password", () => {
  it("ends every session, works once, and the old one is dead", async () => {
    const tenant = await newTenant(site, "reset");
    const other = await otherSession(tenant);
    await tenant.person.ok("POST", "/api/auth/request-password-reset", { email: tenant.email });
    const link = await tenant.person.linkFromMail(tenant.email, /\/reset-password#token=\S+/);
    const token = link.split("#token=")[1];
    const weak = await stranger().send<Problem>("POST", "/api/auth/reset-password", { newPassword: "short", token });
    expect([weak.status, weak.body.code]).toEqual([400, "password_too_weak"]);
    const newPassword = "another-long-password";
    expect((await stranger().send("POST", "/api/auth/reset-password", { newPassword, token })).status).toBe(200);
    for (const person of [tenant.person, other]) expect((await person.send("GET", "/api/me")).status).toBe(401);
    const again = await stranger().send<Problem>("POST", "/api/auth/reset-password", { newPassword, token });
    expect([again.status, again.body.code]).toEqual([400, "link_invalid"]);
    expect(await stranger().signIn(tenant.email, tenant.password)).toBe(401);
    expect(await stranger().signIn(tenant.email, newPassword)).toBe(200);
  });
});

describe("signing out", () => {
  it("ends the session at once, for every copy of its cookie, and no other session", async () => {
    const tenant = await newTenant(site, "out");
    const other = await otherSession(tenant);
    const copied = { headers: { cookie: tenant.person.cookie } };
    expect((await stranger().send("GET", "/api/me", undefined, copied)).status).toBe(200);
    await tenant.person.ok("POST", "/api/auth/sign-out", {});
    expect((await stranger().send("GET", "/api/me", undefined, copied)).status).toBe(401);
    expect((await other.send("GET", "/api/me")).status).toBe(200);
  });
});

describe("what strangers learn", () => {
  it("is the same for a known and an unknown address", async () => {
    const { email } = await newTenant(site, "known");
    const unknown = freshEmail("unknown");
    for (const body of [{ password: "not-the-password" }, { password: "" }]) {
      const [a, b] = await Promise.all([
        send("/sign-in/email", { email, ...body }),
        send("/sign-in/email", { email: unknown, ...body }),
      ]);
      expect([b.status, withoutId(b.body)]).toEqual([a.status, withoutId(a.body)]);
    }
    for (const path of ["/request-password-reset", "/send-verification-email"]) {
      const [a, b] = await Promise.all([
        send(path, { email, callbackURL: "/" }),
        send(path, { email: unknown, callbackURL: "/" }),
      ]);
      expect(a.status).toBe(200);
      expect([b.status, b.body]).toEqual([a.status, a.body]);
    }
    const [a, b] = await Promise.all([
      send("/sign-up/email", account(email)),
      send("/sign-up/email", account(freshEmail("new"))),
    ]);
    expect([a.status, shapeOf(a.body)]).toEqual([b.status, shapeOf(b.body)]);
    expect(rows("select count(*) as n from users where email = ?", email)).toEqual([{ n: 1 }]);
  });
});

function send(path: string, body: object) {
  return stranger().send<Problem>("POST", `/api/auth${path}`, body);
}

/** The keys and kinds of a body, at every depth. */
function shapeOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([key, part]) => [key, shapeOf(part)]),
  );
}

describe("addresses that are not open", () => {
  it.each([
    ["POST", "/change-email"],
    ["POST", "/update-user"],
    ["POST", "/delete-user"],
    ["GET", "/get-session"],
    ["GET", "/list-sessions"],
    ["POST", "/revoke-sessions"],
    ["GET", "/list-accounts"],
    ["POST", "/sign-in/social"],
    ["POST", "/link-social"],
    ["POST", "/set-password"],
    ["POST", "/two-factor/get-totp-uri"],
    ["POST", "/two-factor/send-otp"],
    ["POST", "/two-factor/view-backup-codes"],
    ["GET", "/passkey/list-user-passkeys"],
    ["POST", "/update-session"],
    ["GET", "/callback/google"],
    ["GET", "/reset-password/abc"],
    ["GET", "/ok"],
    ["GET", "/error"],
    ["POST", "/SIGN-OUT"],
    ["GET", "/sign-out"],
  ])("%s /api/auth%s", async (method, path) => {
    const { person } = await shared;
    const answer = await person.send<Problem>(method, `/api/auth${path}`, method === "POST" ? {} : undefined);
    expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
    expect((await person.send("GET", "/api/me")).status).toBe(200);
  });

  it("tells that an address takes no such method, or nothing at all", async () => {
    const { person } = await shared;
    for (const [method, path] of [
      ["DELETE", "/api/me"],
      ["GET", "/api/nowhere"],
      ["PUT", "/api/auth/sign-out"],
    ] as const) {
      const answer = await person.send<Problem>(method, path);
      expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
    }
  });
});

const shared = newTenant(site, "shared");

describe("requests from elsewhere", () => {
  it.each(["https://elsewhere.test", "null", "http://localhost", "http://localhost.elsewhere.test:8787"])(
    "are refused from %s, and change nothing",
    async (origin) => {
      const tenant = await shared;
      const headers = { origin };
      for (const [path, body] of [
        ["/api/auth/sign-out", {}],
        ["/api/auth/sign-in/email", { email: tenant.email, password: tenant.password }],
        [tenant.at("/quota/preview"), { cores: 1, memoryMiB: 128, diskGiB: 1 }],
      ] as const) {
        const answer = await tenant.person.send<Problem>("POST", path, body, { headers });
        expect([answer.status, answer.body.code]).toEqual([403, "origin_refused"]);
      }
      expect((await tenant.person.send("GET", "/api/me")).status).toBe(200);
    },
  );

  it("are refused when they are too large", async () => {
    const tenant = await shared;
    const answer = await tenant.person.send<Problem>("POST", tenant.at("/quota/preview"), {
      junk: "x".repeat(300_000),
    });
    expect([answer.status, answer.body.code]).toEqual([413, "body_too_large"]);
  });
});

describe("those who run the platform", () => {
  it("are named in OPERATOR_EMAILS, and have no tenant of their own", async () => {
    const me = await (await platformOperator()).ok<MeView>("GET", "/api/me");
    expect(me).toMatchObject({ operator: true, tenants: [], user: { email: OPERATOR_EMAIL } });
  });

  it("are not those with a similar address", async () => {
    for (const email of [`x${OPERATOR_EMAIL}`, `${OPERATOR_EMAIL}.example`]) {
      const person = stranger();
      await person.signUp(account(email));
      expect((await person.ok<MeView>("GET", "/api/me")).operator).toBe(false);
    }
  });
});
