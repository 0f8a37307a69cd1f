// Passkeys: added by those who signed in lately, good only with the device's owner at hand, and the last way in stays.
import { describe, expect, it } from "vitest";
import type { Person } from "../lab/stack/person.ts";
import type { SecurityView } from "../worker/rules/views-people.ts";
import type { MeView, Problem } from "../worker/rules/views.ts";
import { Passkey } from "./harness/passkey.ts";
import { newTenant } from "./harness/portal.ts";
import { rows, site, stranger, write } from "./harness/site.ts";

const AT = "/api/auth/passkey";

interface Options {
  challenge: string;
  userVerification?: string;
  authenticatorSelection?: { userVerification: string; residentKey: string };
}

async function add(person: Person, passkey: Passkey, name = "laptop") {
  const options = await person.ok<Options>("GET", `${AT}/generate-register-options`);
  return person.send<Problem & { id: string }>("POST", `${AT}/verify-registration`, {
    response: passkey.create(options),
    name,
  });
}

async function enter(person: Person, passkey: Passkey, origin?: string) {
  const options = await person.ok<Options>("GET", `${AT}/generate-authenticate-options`);
  const response = passkey.get(options, origin);
  const answer = await person.send<Problem>("POST", `${AT}/verify-authentication`, { response });
  return { answer: [answer.status, answer.status < 400 ? null : answer.body.code], response };
}

const view = (person: Person) => person.ok<SecurityView>("GET", "/api/security");

describe("a passkey", () => {
  it("is added, named, opens a strong session, is renamed and removed", async () => {
    const { person } = await newTenant(site, "passkey");
    const passkey = new Passkey(site.origin);
    const options = await person.ok<Options>("GET", `${AT}/generate-register-options`);
    expect(options.authenticatorSelection).toMatchObject({ userVerification: "required", residentKey: "required" });
    expect((await add(person, passkey, "  laptop ")).status).toBe(200);
    const [row] = (await view(person)).passkeys;
    expect(row).toMatchObject({ name: "laptop", backedUp: false });

    const other = stranger();
    const asked = await other.ok<Options>("GET", `${AT}/generate-authenticate-options`);
    expect(asked.userVerification).toBe("required");
    const { answer, response } = await enter(other, passkey);
    expect(answer).toEqual([200, null]);
    expect((await view(other)).sessions.find((session) => session.current)?.factor).toBe("passkey");
    // The same answer again, with the same challenge: it was used up.
    const again = await stranger().send<Problem>(
      "POST",
      `${AT}/verify-authentication`,
      { response },
      { headers: { cookie: other.cookie } },
    );
    expect([again.status, again.body.code]).toEqual([401, "passkey_refused"]);

    await person.ok("POST", `${AT}/update-passkey`, { id: row?.id, name: "old laptop" });
    expect((await view(person)).passkeys[0]?.name).toBe("old laptop");
    await person.ok("POST", `${AT}/delete-passkey`, { id: row?.id });
    expect((await view(person)).passkeys).toEqual([]);
    expect((await enter(stranger(), passkey)).answer).toEqual([401, "passkey_refused"]);
  });

  it("is refused where the device did not ask for its owner, on both occasions", async () => {
    const { person } = await newTenant(site, "passkeyuv");
    const passkey = new Passkey(site.origin);
    passkey.verifies = false;
    const refused = await add(person, passkey);
    expect([refused.status, refused.body.code]).toEqual([401, "passkey_refused"]);
    expect((await view(person)).passkeys).toEqual([]);
    passkey.verifies = true;
    expect((await add(person, passkey)).status).toBe(200);
    passkey.verifies = false;
    const other = stranger();
    expect((await enter(other, passkey)).answer).toEqual([401, "passkey_refused"]);
    expect((await other.send("GET", "/api/me")).status).toBe(401);
  });

  it("is refused from a page of another origin, and with another's signature", async () => {
    const { person } = await newTenant(site, "passkeyorigin");
    const passkey = new Passkey(site.origin);
    await add(person, passkey);
    expect((await enter(stranger(), passkey, "https://elsewhere.test")).answer).toEqual([401, "passkey_refused"]);
    const forged = new Passkey(site.origin);
    Object.assign(forged, { id: passkey.id });
    expect((await enter(stranger(), forged)).answer).toEqual([401, "passkey_refused"]);
    expect((await enter(stranger(), passkey)).answer).toEqual([200, null]);
  });

  it("is added only in a session that was opened lately, and never opens one by being added", async () => {
    const tenant = await newTenant(site, "passkeyfresh");
    const { id } = (await tenant.person.ok<MeView>("GET", "/api/me")).user;
    write("update sessions set created_at = created_at - 3700000 where user_id = ?", id);
    const old = await tenant.person.send<Problem>("GET", `${AT}/generate-register-options`);
    expect([old.status, old.body.code]).toEqual([403, "sign_in_again"]);
    expect(await tenant.person.signIn(tenant.email, tenant.password)).toBe(200);
    const options = await tenant.person.ok<Options>("GET", `${AT}/generate-register-options`);
    const response = new Passkey(site.origin).create(options);
    for (const body of [
      { response },
      { response, name: "x".repeat(61) },
      { response, name: "a", createSession: true },
    ]) {
      const answer = await tenant.person.send<Problem>("POST", `${AT}/verify-registration`, body);
      expect([answer.status, answer.body.code]).toEqual([400, "validation_failed"]);
    }
  });

  it("of another is neither renamed nor removed", async () => {
    const [mine, theirs] = await Promise.all([newTenant(site, "pkmine"), newTenant(site, "pktheirs")]);
    const { id } = (await add(theirs.person, new Passkey(site.origin))).body;
    for (const [path, body] of [
      ["update-passkey", { id, name: "mine now" }],
      ["delete-passkey", { id }],
    ] as const) {
      const answers = await Promise.all(
        [body, { ...body, id: "made-up" }].map((sent) => mine.person.send<Problem>("POST", `${AT}/${path}`, sent)),
      );
      expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
        [404, "not_found"],
        [404, "not_found"],
      ]);
    }
    expect((await view(theirs.person)).passkeys).toMatchObject([{ id, name: "laptop" }]);
  });

  it("stays where it is the only way in", async () => {
    const tenant = await newTenant(site, "pklast");
    const { id: userId } = (await tenant.person.ok<MeView>("GET", "/api/me")).user;
    const first = (await add(tenant.person, new Passkey(site.origin), "one")).body.id;
    const second = (await add(tenant.person, new Passkey(site.origin), "two")).body.id;
    write("delete from accounts where user_id = ?", userId);
    // Both at once: one of them has to stay.
    const answers = await Promise.all(
      [first, second].map((id) => tenant.person.send<Problem>("POST", `${AT}/delete-passkey`, { id })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe("last_way_in");
    expect(rows("select count(*) as n from passkeys where user_id = ?", userId)).toEqual([{ n: 1 }]);
  });

  it("opens a tenant that demands a second factor", async () => {
    const tenant = await newTenant(site, "pkstrong");
    const passkey = new Passkey(site.origin);
    await add(tenant.person, passkey);
    write("update tenants set require_second_factor = 1 where id = ?", tenant.id);
    expect((await tenant.person.send("GET", tenant.at("/quota"))).status).toBe(403);
    const other = stranger();
    await enter(other, passkey);
    expect((await other.send("GET", tenant.at("/quota"))).status).toBe(200);
  });
});
