// Invitations: a mail with a link that works once, for one address, for seven days; and what comes of a person who signs up for one.
import { describe, expect, it } from "vitest";
import type { Person } from "../lab/stack/person.ts";
import type { ChildTenantView, MeView, Problem } from "../worker/rules/views.ts";
import type { InvitationOffer, InvitationView, TeamView } from "../worker/rules/views-people.ts";
import type { ChildDetailView } from "../worker/rules/views-tree.ts";
import { newTenant } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { freshEmail, rows, site, stranger, withoutId, write } from "./harness/site.ts";
import { resellerWith } from "./harness/tree.ts";

const LINK = /\/invitation#token=(\S+)/;

async function invite(tenant: Tenant, email: string, role = "operator"): Promise<InvitationView> {
  return (await tenant.person.ok<{ invitation: InvitationView }>("POST", tenant.at("/invitations"), { email, role }))
    .invitation;
}

async function tokenFor(email: string): Promise<string> {
  return (await stranger().linkFromMail(email, LINK)).split("#token=")[1] ?? "";
}

async function answer(person: Person, what: "look" | "accept" | "decline", body: object): Promise<string | null> {
  const { status, body: problem } = await person.send<Problem>("POST", `/api/invitations/${what}`, body);
  return status < 400 ? null : problem.code;
}

/** Signs up with an address and confirms it. */
async function newPerson(email: string): Promise<Person> {
  const person = stranger();
  await person.signUp({ name: "Nina", organisation: "Nina's own", email, password: "a-long-password" });
  return person;
}

describe("an invitation", () => {
  it("can be looked at by whoever holds the link, and accepted by the one it is for, once", async () => {
    const tenant = await newTenant(site, "host");
    const guest = await newTenant(site, "guest");
    const invitation = await invite(tenant, guest.email.toUpperCase(), "viewer");
    expect(invitation).toMatchObject({ email: guest.email, role: "viewer", invitedBy: "Person host" });
    expect(invitation.expiresAt - invitation.createdAt).toBe(7 * 24 * 3_600_000);
    const token = await tokenFor(guest.email);
    const offer = await stranger().ok<InvitationOffer>("POST", "/api/invitations/look", { token });
    expect(offer).toMatchObject({
      tenant: { id: tenant.id, name: "Tenant host", kind: "tenant" },
      role: "viewer",
      email: guest.email,
    });
    const other = await newTenant(site, "other");
    expect(await answer(stranger(), "accept", { token })).toBe("not_signed_in");
    expect(await answer(other.person, "accept", { token })).toBe("invitation_not_yours");
    expect(await answer(other.person, "decline", { token })).toBe("invitation_not_yours");
    expect(await answer(other.person, "accept", { id: invitation.id })).toBe("invitation_invalid");
    expect((await guest.person.ok<MeView>("GET", "/api/me")).invitations).toBe(1);
    const codes = await Promise.all([1, 2, 3].map(() => answer(guest.person, "accept", { token })));
    expect(codes.filter((code) => code === null)).toHaveLength(1);
    expect(codes.filter((code) => code === "invitation_invalid")).toHaveLength(2);
    expect(await answer(stranger(), "look", { token })).toBe("invitation_invalid");
    const me = await guest.person.ok<MeView>("GET", "/api/me");
    expect(me.invitations).toBe(0);
    expect(me.tenants.find((row) => row.id === tenant.id)?.role).toBe("viewer");
  });

  it("keeps its token to the mail: not in the database, not in the answers, not in the audit", async () => {
    const tenant = await newTenant(site, "secret");
    const email = freshEmail("secret");
    const invitation = await invite(tenant, email);
    const token = await tokenFor(email);
    const team = await tenant.person.ok<TeamView>("GET", tenant.at("/team"));
    const kept = [
      rows("select * from invitations where id = ?", invitation.id),
      rows("select * from audit_entries where chain = ?", tenant.id),
      team,
      invitation,
    ];
    expect(JSON.stringify(kept)).not.toContain(token);
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it("is dead once it was withdrawn, declined, has run out, or was replaced", async () => {
    const tenant = await newTenant(site, "dead");
    const guest = await newTenant(site, "deadguest");
    const first = await invite(tenant, guest.email);
    const token = await tokenFor(guest.email);
    await tenant.person.ok("DELETE", tenant.at(`/invitations/${first.id}`));
    expect(await answer(guest.person, "accept", { token })).toBe("invitation_invalid");
    expect((await tenant.person.send<Problem>("DELETE", tenant.at(`/invitations/${first.id}`))).body.code).toBe(
      "not_found",
    );
    write("update invitations set created_at = 0 where tenant_id = ?", tenant.id);
    const second = await invite(tenant, guest.email);
    expect(await answer(guest.person, "decline", { id: second.id })).toBeNull();
    expect(await answer(guest.person, "accept", { id: second.id })).toBe("invitation_invalid");
    write("update invitations set created_at = 0 where tenant_id = ?", tenant.id);
    const third = await invite(tenant, guest.email);
    write("update invitations set expires_at = 1 where id = ?", third.id);
    expect(await answer(guest.person, "accept", { id: third.id })).toBe("invitation_invalid");
    write("update invitations set created_at = 0 where tenant_id = ?", tenant.id);
    const fourth = await invite(tenant, guest.email, "viewer");
    expect((await tenant.person.ok<TeamView>("GET", tenant.at("/team"))).invitations.map((row) => row.id)).toEqual([
      fourth.id,
    ]);
  });

  it("is not sent twice within a minute, nor to members, nor to what is no address", async () => {
    const tenant = await newTenant(site, "flood");
    const email = freshEmail("flood");
    await invite(tenant, email);
    const send = (body: object) => tenant.person.send<Problem>("POST", tenant.at("/invitations"), body);
    expect((await send({ email, role: "viewer" })).body).toMatchObject({ code: "rate_limited" });
    expect((await send({ email: tenant.email, role: "viewer" })).body.code).toBe("already_member");
    expect((await send({ email: "nobody", role: "viewer" })).body.code).toBe("validation_failed");
    expect((await send({ email, role: "king" })).body.code).toBe("validation_failed");
  });

  it("of another tenant is as absent as one that never was", async () => {
    const [one, two] = [await newTenant(site, "one"), await newTenant(site, "two")];
    const { id } = await invite(one, freshEmail("of-one"));
    const answers = await Promise.all(
      [id, "inv_00000000000000000000"].map((which) =>
        two.person.send<Problem>("DELETE", two.at(`/invitations/${which}`)),
      ),
    );
    expect(answers.map((row) => [row.status, withoutId(row.body)])).toEqual([
      [404, withoutId(answers[0]?.body as Problem)],
      [404, withoutId(answers[0]?.body as Problem)],
    ]);
    const made = await answer(stranger(), "look", { token: "made-up" });
    expect(made).toBe("invitation_invalid");
  });
});

describe("a person who signs up for an invitation", () => {
  it("gets the tenant that it is for, and no other; one who declines gets an own one", async () => {
    const tenant = await newTenant(site, "first");
    const [joins, goes] = [freshEmail("joins"), freshEmail("goes")];
    await invite(tenant, joins);
    await invite(tenant, goes);
    const [joiner, leaver] = [await newPerson(joins), await newPerson(goes)];
    expect(await joiner.ok<MeView>("GET", "/api/me")).toMatchObject({ tenants: [], invitations: 1 });
    expect(await answer(joiner, "accept", { token: await tokenFor(joins) })).toBeNull();
    const me = await joiner.ok<MeView>("GET", "/api/me");
    expect(me.tenants.map((row) => [row.id, row.role])).toEqual([[tenant.id, "operator"]]);
    const { invitations } = await leaver.ok<{ invitations: InvitationOffer[] }>("GET", "/api/invitations");
    expect(await answer(leaver, "decline", { id: invitations[0]?.id })).toBeNull();
    expect((await leaver.ok<MeView>("GET", "/api/me")).tenants.map((row) => row.name)).toEqual(["Nina's own"]);
  });

  it("becomes the owner of what was made for it, which stands without one until then", async () => {
    const reseller = await resellerWith("makes", { vcpu: 4, services: 2 });
    const email = freshEmail("owner");
    const draft = { name: "Nina's shop", ownerEmail: email, limits: { vcpu: 2 } };
    const { child } = await reseller.person.ok<{ child: ChildTenantView }>("POST", reseller.at("/children"), draft);
    const page = () => reseller.person.ok<{ child: ChildDetailView }>("GET", reseller.at(`/children/${child.id}`));
    expect((await page()).child).toMatchObject({ owners: [], invited: [{ email, role: "owner" }] });
    const nina = await newPerson(email);
    expect(await answer(nina, "accept", { token: await tokenFor(email) })).toBeNull();
    expect((await page()).child).toMatchObject({ owners: [{ name: "Nina", email }], invited: [] });
    const me = await nina.ok<MeView>("GET", "/api/me");
    expect(me.tenants.map((row) => [row.name, row.role])).toEqual([["Nina's shop", "owner"]]);
  });
});
