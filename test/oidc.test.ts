// Signing in with an outside provider of OpenID Connect: a real one, on this machine, with a portal that is configured for it.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Person } from "../lab/stack/person.ts";
import type { SecurityView } from "../worker/rules/views-people.ts";
import type { MeView, Problem } from "../worker/rules/views.ts";
import { readDatabase } from "./harness/database.ts";
import { OidcServer, signInWith } from "./harness/oidc.ts";
import type { Claims } from "./harness/oidc.ts";
import { newTenant } from "./harness/portal.ts";
import type { Site } from "./harness/portal.ts";
import { startTestStack } from "./harness/shared.ts";
import type { TestStack } from "./harness/shared.ts";
import { setUpCodes } from "./harness/totp.ts";

const SECRET = "the-secret-of-the-bank:with-a-colon";
let oidc: OidcServer;
let portal: TestStack;
let site: Site;

beforeAll(async () => {
  oidc = await OidcServer.start();
  const entry = { discoveryUrl: oidc.discoveryUrl };
  portal = await startTestStack({
    vars: {
      OIDC_PROVIDERS: JSON.stringify([
        { id: "corp", name: "Corp", clientId: "corp", ...entry },
        { id: "bank", name: "The Bank", clientId: "bank", ...entry },
      ]),
      OIDC_SECRETS: JSON.stringify({ bank: SECRET }),
    },
  });
  const { stack } = portal;
  site = { origin: stack.origin, controlUrl: stack.lab.controlUrl, databaseFile: stack.databaseFile() };
  oidc.open(stack.origin, { corp: null, bank: SECRET });
}, 240_000);

afterAll(async () => {
  await portal?.remove();
  await oidc?.stop();
});

function rows(sql: string, ...values: string[]): Record<string, unknown>[] {
  return readDatabase(site.databaseFile, (database) => database.prepare(sql).all(...values));
}

function stranger(): Person {
  return new Person(site.origin, site.controlUrl);
}

function claims(changes: Partial<Claims> = {}): Claims {
  const sub = randomBytes(6).toString("hex");
  return { sub, email: `${sub}@corp.test`, email_verified: true, name: "Cora Corp", ...changes };
}

/** Somebody whose account came from the provider. */
async function cora(): Promise<{ person: Person; claims: Claims }> {
  oidc.person = claims();
  const person = stranger();
  expect(await signInWith(oidc, person, "corp")).toBe("/");
  return { person, claims: oidc.person };
}

const view = (person: Person) => person.ok<SecurityView>("GET", "/api/security");

describe("a provider", () => {
  it("is offered by the configuration, and none besides", async () => {
    const config = await stranger().ok<{ providers: unknown }>("GET", "/api/config");
    expect(config.providers).toEqual([
      { id: "corp", name: "Corp" },
      { id: "bank", name: "The Bank" },
    ]);
    for (const provider of ["google", "other", "", "__proto__"]) {
      const body = { provider, callbackURL: "/" };
      const answer = await stranger().send<Problem>("POST", "/api/auth/sign-in/social", body);
      expect([provider, answer.status, answer.body.code]).toEqual([provider, 404, "not_found"]);
    }
    expect((await stranger().send("GET", "/api/auth/callback/google?code=1&state=2")).status).toBe(404);
  });

  it("makes an account with a tenant for a person with a verified address, and knows the person again", async () => {
    const { person, claims: who } = await cora();
    const me = await person.ok<MeView>("GET", "/api/me");
    expect(me.user).toMatchObject({ email: who.email, name: "Cora Corp" });
    expect(me.tenants).toMatchObject([{ name: "Cora Corp", role: "owner", open: true }]);
    expect(await view(person)).toMatchObject({
      hasPassword: false,
      providers: [{ id: "corp", name: "Corp" }],
      sessions: [{ factor: "oidc", current: true }],
    });
    // What the provider gave to ask it further is kept nowhere.
    expect(rows("select access_token, refresh_token, id_token from accounts where user_id = ?", me.user.id)).toEqual([
      { access_token: null, refresh_token: null, id_token: null },
    ]);
    const again = stranger();
    expect(await signInWith(oidc, again, "corp")).toBe("/");
    expect((await again.ok<MeView>("GET", "/api/me")).user.id).toBe(me.user.id);
    const entries = rows(
      "select action, outcome, actor_id, after from audit_entries where chain = ? order by seq",
      `user:${me.user.id}`,
    );
    const entry = {
      action: "auth.sign-in-provider",
      outcome: "done",
      actor_id: me.user.id,
      after: '{"factor":"oidc"}',
    };
    expect(entries).toEqual([entry, entry]);
  });

  it("with a secret is shown it", async () => {
    oidc.person = claims();
    const person = stranger();
    expect(await signInWith(oidc, person, "bank")).toBe("/");
    const shown = Buffer.from(oidc.authorizations.at(-1)?.replace("Basic ", "") ?? "", "base64").toString();
    expect(decodeURIComponent(shown)).toBe(`bank:${SECRET}`);
    expect((await view(person)).providers).toEqual([{ id: "bank", name: "The Bank" }]);
  });

  it("that does not answer is told so, and works again once it does", async () => {
    oidc.close();
    try {
      const body = { provider: "corp", callbackURL: "/" };
      const answer = await stranger().send<Problem>("POST", "/api/auth/sign-in/social", body);
      expect([answer.status, answer.body.code]).toEqual([503, "provider_unreachable"]);
      expect((await stranger().send("GET", "/api/health")).status).toBe(200);
    } finally {
      oidc.open(site.origin, { corp: null, bank: SECRET });
    }
    await cora();
  });
});

describe("an address that the provider has not verified", () => {
  it("makes no account and opens none", async () => {
    const existing = await newTenant(site, "victim");
    for (const email of [existing.email, claims().email]) {
      oidc.person = claims({ email, email_verified: false });
      const person = stranger();
      expect(await signInWith(oidc, person, "corp")).toMatch(/^\/sign-in\?error=/);
      expect((await person.send("GET", "/api/me")).status).toBe(401);
      expect(rows("select id from accounts where account_id = ?", oidc.person.sub)).toEqual([]);
    }
    expect(rows("select id from users where email = ?", oidc.person?.email ?? "")).toEqual([]);
    const refused = rows(
      "select outcome, code from audit_entries where action = 'auth.sign-in-provider' and outcome <> 'done'",
    );
    expect(refused.slice(-2)).toEqual([
      { outcome: "failed", code: "account_not_linked" },
      { outcome: "failed", code: "email_not_verified" },
    ]);
  });
});

describe("an address that has an account already", () => {
  it("opens it where both sides have verified it", async () => {
    const existing = await newTenant(site, "both");
    oidc.person = claims({ email: existing.email });
    const person = stranger();
    expect(await signInWith(oidc, person, "corp")).toBe("/");
    const me = await person.ok<MeView>("GET", "/api/me");
    expect(me.tenants.map((tenant) => tenant.id)).toEqual([existing.id]);
    expect(await view(person)).toMatchObject({ hasPassword: true, providers: [{ id: "corp" }] });
  });

  it("does not where it was never confirmed here: whoever typed it in first would be let in", async () => {
    const email = claims().email;
    const squatter = { name: "Squatter", organisation: "Squat", email, password: "a-long-password", callbackURL: "/" };
    await stranger().ok("POST", "/api/auth/sign-up/email", squatter);
    oidc.person = claims({ email });
    const person = stranger();
    expect(await signInWith(oidc, person, "corp")).toMatch(/^\/sign-in\?error=/);
    expect((await person.send("GET", "/api/me")).status).toBe(401);
    expect(rows("select id from accounts where account_id = ?", oidc.person.sub)).toEqual([]);
  });
});

describe("the way back from the provider", () => {
  async function begun(): Promise<{ person: Person; back: string }> {
    oidc.person = claims();
    const person = stranger();
    const body = { provider: "corp", callbackURL: "/", errorCallbackURL: "/sign-in" };
    const { url } = await person.ok<{ url: string }>("POST", "/api/auth/sign-in/social", body);
    const asked = new URL(url).searchParams;
    expect([asked.get("code_challenge_method"), asked.get("response_type")]).toEqual(["S256", "code"]);
    expect(asked.get("state")).toMatch(/.{20,}/);
    expect(asked.get("nonce")).toMatch(/.{20,}/);
    return { person, back: await oidc.follow(url) };
  }

  it("is the browser's that began, and works once", async () => {
    const { person, back } = await begun();
    const thief = stranger();
    const stolen = await thief.send("GET", back);
    expect(stolen.headers.get("location")).toMatch(/error=/);
    expect((await thief.send("GET", "/api/me")).status).toBe(401);
    const second = await begun();
    expect((await second.person.send("GET", second.back)).headers.get("location")).toBe("/");
    await second.person.ok("POST", "/api/auth/sign-out", {});
    expect((await second.person.send("GET", second.back)).headers.get("location")).toMatch(/error=/);
    expect((await second.person.send("GET", "/api/me")).status).toBe(401);
    expect((await person.send("GET", "/api/me")).status).toBe(401);
  });

  it("leads nowhere else, and no id token is taken directly", async () => {
    for (const body of [
      { provider: "corp", callbackURL: "https://elsewhere.test/" },
      { provider: "corp", callbackURL: "/", errorCallbackURL: "//elsewhere.test" },
      { provider: "corp", callbackURL: "/", idToken: { token: "x.y.z" } },
      { provider: "corp", callbackURL: "/", scopes: ["admin"] },
    ]) {
      const answer = await stranger().send<Problem>("POST", "/api/auth/sign-in/social", body);
      expect([answer.status >= 400 && answer.status < 404, body]).toEqual([true, body]);
    }
  });
});

describe("a person without a password", () => {
  it("shows codes in the session that the provider opened, which does not count as a second factor by itself", async () => {
    const { person } = await cora();
    const { app } = await setUpCodes(person, "");
    expect((await view(person)).sessions[0]?.factor).toBe("totp");
    const other = stranger();
    expect(await signInWith(oidc, other, "corp")).toBe("/");
    expect((await view(other)).sessions.find((session) => session.current)?.factor).toBe("oidc");
    const off = (who: Person) => who.send<Problem>("POST", "/api/auth/two-factor/disable", {});
    expect((await off(other)).body.code).toBe("sign_in_again");
    await other.ok("POST", "/api/auth/two-factor/verify-totp", { code: app.next() });
    expect((await view(other)).sessions.find((session) => session.current)?.factor).toBe("totp");
    expect((await off(other)).status).toBe(200);
  });

  it("gets one by mail, as anybody who has forgotten it", async () => {
    const { person, claims: who } = await cora();
    await person.ok("POST", "/api/auth/request-password-reset", { email: who.email });
    const link = await person.linkFromMail(who.email, /\/reset-password#token=\S+/);
    const body = { newPassword: "a-new-long-password", token: link.split("#token=")[1] };
    await stranger().ok("POST", "/api/auth/reset-password", body);
    expect(await stranger().signIn(who.email, "a-new-long-password")).toBe(200);
  });
});
