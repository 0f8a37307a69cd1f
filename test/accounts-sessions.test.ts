// A person's sessions: seen, ended one by one or all at once, and what a change of the password does to them.
import { describe, expect, it } from "vitest";
import type { SecurityView } from "../worker/rules/views-people.ts";
import type { Problem } from "../worker/rules/views.ts";
import { newTenant } from "./harness/portal.ts";
import { otherSession, rows, site, stranger } from "./harness/site.ts";
import { closing, opened } from "./harness/socket.ts";

describe("sessions", () => {
  it("are listed with what opened them, and one that is ended loses its feed at once", async () => {
    const tenant = await newTenant(site, "sessions");
    const other = await otherSession(tenant);
    const mine = await tenant.person.ok<SecurityView>("GET", "/api/security");
    expect(mine.sessions.map((session) => [session.current, session.factor]).toSorted()).toEqual([
      [false, "password"],
      [true, "mail"],
    ]);
    const [victim] = mine.sessions.filter((session) => !session.current);
    const feed = await opened(other, tenant.at("/feed"));
    const closed = closing(feed);
    await tenant.person.ok("DELETE", `/api/security/sessions/${victim?.id}`);
    // The frame that closes is there; the end of the connection beneath takes its time.
    await expect.poll(() => feed.readyState, { timeout: 1_000 }).not.toBe(feed.OPEN);
    expect((await closed).code).toBe(4401);
    expect((await other.send("GET", "/api/me")).status).toBe(401);
    expect((await tenant.person.send("GET", "/api/me")).status).toBe(200);
  });

  it("of others are not there", async () => {
    const [tenant, stranger] = await Promise.all([newTenant(site, "mine"), newTenant(site, "theirs")]);
    const { sessions } = await stranger.person.ok<SecurityView>("GET", "/api/security");
    const answer = await tenant.person.send<Problem>("DELETE", `/api/security/sessions/${sessions[0]?.id}`);
    expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
    expect((await stranger.person.send("GET", "/api/me")).status).toBe(200);
  });

  it("end together, but for the one that asks", async () => {
    const tenant = await newTenant(site, "others");
    const others = await Promise.all([otherSession(tenant), otherSession(tenant)]);
    const body = await tenant.person.ok<{ ended: number }>("POST", "/api/security/sessions/end-others", {});
    expect(body).toEqual({ ended: 2 });
    for (const person of others) expect((await person.send("GET", "/api/me")).status).toBe(401);
    expect((await tenant.person.send("GET", "/api/me")).status).toBe(200);
  });
});

describe("changing the password", () => {
  const next = "quite-another-password";

  it("wants the old one, ends every other session, and goes on in a new one", async () => {
    const tenant = await newTenant(site, "change");
    const other = await otherSession(tenant);
    const change = (currentPassword: string, newPassword: string) =>
      tenant.person.send<Problem>("POST", "/api/auth/change-password", {
        currentPassword,
        newPassword,
        revokeOtherSessions: false,
      });
    const wrong = await change("not-the-password", next);
    expect([wrong.status, wrong.body.code]).toEqual([403, "password_wrong"]);
    const weak = await change(tenant.password, "short");
    expect([weak.status, weak.body.code]).toEqual([400, "password_too_weak"]);
    expect((await other.send("GET", "/api/me")).status).toBe(200);
    const copied = { headers: { cookie: tenant.person.cookie } };
    expect((await change(tenant.password, next)).status).toBe(200);
    expect((await other.send("GET", "/api/me")).status).toBe(401);
    expect((await stranger().send("GET", "/api/me", undefined, copied)).status).toBe(401);
    expect((await tenant.person.send("GET", "/api/me")).status).toBe(200);
    expect(await stranger().signIn(tenant.email, tenant.password)).toBe(401);
    expect(await stranger().signIn(tenant.email, next)).toBe(200);
  });

  it("is in the person's own audit, without any password", async () => {
    const tenant = await newTenant(site, "changeaudit");
    const body = { currentPassword: tenant.password, newPassword: next };
    await tenant.person.ok("POST", "/api/auth/change-password", body);
    const [person] = rows("select id from users where email = ?", tenant.email);
    const entries = rows(
      "select action, outcome, actor_kind, actor_id, target_id from audit_entries where chain = ? order by seq",
      `user:${String(person?.["id"])}`,
    );
    const about = { actor_kind: "person", actor_id: person?.["id"], target_id: person?.["id"], outcome: "done" };
    expect(entries).toEqual([
      { action: "auth.confirm-address", ...about },
      { action: "auth.change-password", ...about },
    ]);
    const everything = JSON.stringify(rows("select before, after, target_name from audit_entries"));
    expect(everything).not.toContain(next);
    expect(everything).not.toContain(tenant.password);
  });
});
