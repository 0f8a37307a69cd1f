// Guessing is slow: so many tries a minute per address, and half as many per account, from wherever they come.
import { afterAll, beforeAll, expect, it } from "vitest";
import { Person } from "../lab/stack/person.ts";
import type { Problem } from "../worker/rules/views.ts";
import { newTenant } from "./harness/portal.ts";
import type { Site } from "./harness/portal.ts";
import { startTestStack } from "./harness/shared.ts";
import type { TestStack } from "./harness/shared.ts";
import { freshEmail } from "./harness/site.ts";
import { setUpCodes } from "./harness/totp.ts";

const PER_ADDRESS = 8;
const PER_ACCOUNT = 4;

let portal: TestStack;
let site: Site;

beforeAll(async () => {
  portal = await startTestStack({ vars: { SIGN_IN_LIMIT: String(PER_ADDRESS) } });
  const { stack } = portal;
  site = { origin: stack.origin, controlUrl: stack.lab.controlUrl, databaseFile: stack.databaseFile() };
}, 240_000);

afterAll(async () => portal?.remove());

async function tried(person: Person, method: string, path: string, body?: object) {
  const answer = await person.send<Problem>(method, path, body);
  return answer.status < 400 ? "ok" : answer.body.code;
}

async function times(count: number, work: () => Promise<unknown>): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (let at = 0; at < count; at += 1) answers.push(await work());
  return answers;
}

const stranger = () => new Person(site.origin, site.controlUrl);

it("codes, per account", async () => {
  const tenant = await newTenant(site, "slowcode");
  // Showing the first code was a try as well.
  const { app } = await setUpCodes(tenant.person, tenant.password);
  const path = "/api/auth/two-factor/verify-totp";
  const wrong = () => tried(tenant.person, "POST", path, { code: app.wrong() });
  expect(await times(PER_ACCOUNT - 1, wrong)).toEqual(Array(PER_ACCOUNT - 1).fill("code_wrong"));
  const answer = await tenant.person.send<Problem>("POST", path, { code: app.next() });
  expect([answer.status, answer.body.code]).toEqual([429, "rate_limited"]);
  expect(answer.body.params?.["seconds"]).toBeGreaterThan(0);
  expect(answer.body.params?.["seconds"]).toBeLessThanOrEqual(60);
});

it("the old password, where a new one is wanted", async () => {
  const tenant = await newTenant(site, "slowchange");
  const change = (currentPassword: string) =>
    tried(tenant.person, "POST", "/api/auth/change-password", { currentPassword, newPassword: "a-new-long-password" });
  expect(await times(PER_ACCOUNT, () => change("guessed"))).toEqual(Array(PER_ACCOUNT).fill("password_wrong"));
  expect(await change(tenant.password)).toBe("rate_limited");
});

it("mail, to an address that has an account as to one that has none", async () => {
  const { email } = await newTenant(site, "slowmail");
  for (const [path, to] of [
    ["request-password-reset", email],
    ["send-verification-email", freshEmail("nobody")],
  ] as const) {
    const ask = () => tried(stranger(), "POST", `/api/auth/${path}`, { email: to });
    expect(await times(PER_ACCOUNT + 1, ask)).toEqual([...Array(PER_ACCOUNT).fill("ok"), "rate_limited"]);
    // In another spelling it is the same.
    expect(await tried(stranger(), "POST", `/api/auth/${path}`, { email: ` ${to.toUpperCase()}` })).not.toBe("ok");
  }
});

it("passwords, per account first and then per address", async () => {
  const [victim, neighbour] = await Promise.all([newTenant(site, "slow"), newTenant(site, "neighbour")]);
  const signIn = (email: string, password: string) =>
    tried(stranger(), "POST", "/api/auth/sign-in/email", { email, password });
  const guess = () => signIn(victim.email, "guessed");
  expect(await times(PER_ACCOUNT, guess)).toEqual(Array(PER_ACCOUNT).fill("invalid_credentials"));
  expect(await signIn(victim.email, victim.password)).toBe("rate_limited");
  expect(await signIn(neighbour.email, neighbour.password)).toBe("ok");
  const left = PER_ADDRESS - PER_ACCOUNT - 2;
  const elsewhere = () => signIn(freshEmail("unknown"), "guessed");
  expect(await times(left, elsewhere)).toEqual(Array(left).fill("invalid_credentials"));
  expect(await elsewhere()).toBe("rate_limited");
  expect(await signIn(neighbour.email, neighbour.password)).toBe("rate_limited");
});

it("passkeys, per address", async () => {
  const ask = () => tried(stranger(), "GET", "/api/auth/passkey/generate-authenticate-options");
  expect(await times(PER_ADDRESS + 1, ask)).toEqual([...Array(PER_ADDRESS).fill("ok"), "rate_limited"]);
  const show = () => tried(stranger(), "POST", "/api/auth/passkey/verify-authentication", { response: { id: "x" } });
  expect((await times(PER_ADDRESS + 1, show)).at(-1)).toBe("rate_limited");
});
