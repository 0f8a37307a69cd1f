// The team: roles changed, members taken out, leaving, handing over; an owner is always left; settings.
import { describe, expect, it } from "vitest";
import type { Person } from "../lab/stack/person.ts";
import type { ConsoleView, MeView, Problem } from "../worker/rules/views.ts";
import type { TeamView, TenantSettingsView } from "../worker/rules/views-people.ts";
import { launched, newTenant } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { addMember, otherSession, platformOperator, rows, site, write } from "./harness/site.ts";
import { closing, Feed, opened } from "./harness/socket.ts";

interface Member extends Tenant {
  userId: string;
}

/** A new person with a role in a tenant. */
async function member(of: Tenant, label: string, role: "owner" | "operator" | "viewer"): Promise<Member> {
  const own = await newTenant(site, label);
  const { user } = await own.person.ok<MeView>("GET", "/api/me");
  addMember(of.id, user.id, role);
  return { ...own, userId: user.id, id: of.id, at: of.at };
}

async function idOf(person: Person): Promise<string> {
  return (await person.ok<MeView>("GET", "/api/me")).user.id;
}

async function codeOf(person: Person, method: string, path: string, body?: object): Promise<string | null> {
  const answer = await person.send<Problem>(method, path, body);
  return answer.status < 400 ? null : answer.body.code;
}

async function rolesIn(tenant: Tenant): Promise<Record<string, string>> {
  const { members } = await tenant.person.ok<TeamView>("GET", tenant.at("/team"));
  return Object.fromEntries(members.map((row) => [row.email, row.role]));
}

describe("a team", () => {
  it("shows its members to all of them, owners first, and its invitations to those who may invite", async () => {
    const tenant = await newTenant(site, "team");
    const viewer = await member(tenant, "vic", "viewer");
    await tenant.person.ok("POST", tenant.at("/invitations"), { email: "soon@people.test", role: "operator" });
    const full = await tenant.person.ok<TeamView>("GET", tenant.at("/team"));
    expect(full.members.map((row) => [row.email, row.role, row.secondFactor])).toEqual([
      [tenant.email, "owner", false],
      [viewer.email, "viewer", false],
    ]);
    expect(full.invitations).toMatchObject([{ email: "soon@people.test", role: "operator", invitedBy: "Person team" }]);
    const seen = await viewer.person.ok<TeamView>("GET", tenant.at("/team"));
    expect([seen.members, seen.invitations]).toEqual([full.members, []]);
    expect(JSON.stringify(full)).not.toMatch(/password|token/i);
  });

  it("is managed by owners only", async () => {
    const tenant = await newTenant(site, "rights");
    const viewer = await member(tenant, "viewer", "viewer");
    const operator = await member(tenant, "operator", "operator");
    const stranger = await newTenant(site, "stranger");
    for (const { person } of [viewer, operator]) {
      expect(await codeOf(person, "PUT", tenant.at(`/team/${viewer.userId}`), { role: "owner" })).toBe("role_missing");
      expect(await codeOf(person, "POST", tenant.at(`/team/${viewer.userId}/transfer`), {})).toBe("role_missing");
      expect(await codeOf(person, "POST", tenant.at("/invitations"), { email: "a@b.test", role: "viewer" })).toBe(
        "role_missing",
      );
      expect(await codeOf(person, "PUT", tenant.at("/settings"), { name: "Mine" })).toBe("role_missing");
    }
    expect(await codeOf(viewer.person, "DELETE", tenant.at(`/team/${operator.userId}`))).toBe("role_missing");
    expect(await codeOf(stranger.person, "DELETE", tenant.at(`/team/${operator.userId}`))).toBe("not_found");
    const elsewhere = await idOf(stranger.person);
    for (const id of [elsewhere, "nobody"]) {
      expect(await codeOf(tenant.person, "PUT", tenant.at(`/team/${id}`), { role: "viewer" })).toBe("not_found");
      expect(await codeOf(tenant.person, "DELETE", tenant.at(`/team/${id}`))).toBe("not_found");
      expect(await codeOf(tenant.person, "POST", tenant.at(`/team/${id}/transfer`), {})).toBe("not_found");
    }
    expect(await codeOf(tenant.person, "PUT", tenant.at(`/team/${viewer.userId}`), { role: "king" })).toBe(
      "validation_failed",
    );
  });

  it("is never without an owner, not even when two leave at once", async () => {
    const tenant = await newTenant(site, "last");
    const me = await idOf(tenant.person);
    expect(await codeOf(tenant.person, "PUT", tenant.at(`/team/${me}`), { role: "viewer" })).toBe("last_owner");
    expect(await codeOf(tenant.person, "DELETE", tenant.at(`/team/${me}`))).toBe("last_owner");
    const second = await member(tenant, "second", "owner");
    const codes = await Promise.all([
      codeOf(tenant.person, "DELETE", tenant.at(`/team/${me}`)),
      codeOf(second.person, "DELETE", tenant.at(`/team/${second.userId}`)),
    ]);
    expect(codes.toSorted()).toEqual(["last_owner", null].toSorted());
    expect(rows("select role from members where tenant_id = ?", tenant.id)).toEqual([{ role: "owner" }]);
  });

  it("is handed over: the other is owner, oneself operator", async () => {
    const tenant = await newTenant(site, "hand");
    const heir = await member(tenant, "heir", "viewer");
    await tenant.person.ok("POST", tenant.at(`/team/${heir.userId}/transfer`), {});
    expect(await rolesIn(tenant)).toEqual({ [heir.email]: "owner", [tenant.email]: "operator" });
    expect(await codeOf(tenant.person, "POST", tenant.at(`/team/${heir.userId}/transfer`), {})).toBe("role_missing");
    const [entry] = rows(
      "select * from audit_entries where chain = ? and action = 'member.transfer' and outcome = 'done'",
      tenant.id,
    );
    expect(entry).toMatchObject({ target_type: "member", target_name: heir.email });
  });
});

describe("who is taken out or loses a role", () => {
  it("loses console, page and keys of this tenant at once, and nothing of others", async () => {
    const tenant = await newTenant(site, "cut");
    const service = await launched(tenant);
    const [helper, demoted] = [await member(tenant, "helper", "operator"), await member(tenant, "demoted", "operator")];
    const screenOf = async (person: Person) => {
      const view = await person.ok<ConsoleView>("POST", tenant.at(`/services/${service.id}/console`), {});
      return opened(person, view.path, "binary");
    };
    const [first, second, owner] = [
      await screenOf(helper.person),
      await screenOf(demoted.person),
      await screenOf(tenant.person),
    ];
    const page = new Feed(await opened(helper.person, tenant.at("/feed")));
    const other = new Feed(
      await opened(
        helper.person,
        `/api/tenants/${(await helper.person.ok<MeView>("GET", "/api/me")).tenants.find((row) => row.id !== tenant.id)?.id}/feed`,
      ),
    );
    write(
      `insert into api_keys (id, tenant_id, user_id, name, secret_hash, scopes, created_at) values (?, ?, ?, 'k', 'x', '["service.read"]', 0)`,
      `key_${helper.userId}`,
      tenant.id,
      helper.userId,
    );
    const [gone, cut, left] = [closing(first), closing(second), closing(page.socket)];
    await tenant.person.ok("PUT", tenant.at(`/team/${demoted.userId}`), { role: "viewer" });
    await cut;
    await tenant.person.ok("DELETE", tenant.at(`/team/${helper.userId}`));
    await gone;
    expect((await left).code).toBe(4403);
    expect(owner.readyState).toBe(owner.OPEN);
    expect(other.socket.readyState).toBe(other.socket.OPEN);
    expect(rows("select revoked_at is not null as dead from api_keys where user_id = ?", helper.userId)).toEqual([
      { dead: 1 },
    ]);
    expect(await codeOf(helper.person, "GET", tenant.at("/services"))).toBe("not_found");
    expect(await codeOf(demoted.person, "GET", tenant.at("/services"))).toBeNull();
    owner.terminate();
    other.socket.terminate();
  });

  it("may leave, whatever the role", async () => {
    const tenant = await newTenant(site, "leave");
    const viewer = await member(tenant, "leaver", "viewer");
    await viewer.person.ok("DELETE", tenant.at(`/team/${viewer.userId}`));
    expect(await rolesIn(tenant)).toEqual({ [tenant.email]: "owner" });
    expect(await codeOf(viewer.person, "GET", tenant.at("/team"))).toBe("not_found");
  });
});

describe("settings", () => {
  it("rename, and tell who demands a second factor; nobody demands one without having shown one", async () => {
    const tenant = await newTenant(site, "set");
    const path = tenant.at("/settings");
    const saved = await tenant.person.ok<TenantSettingsView>("PUT", path, { name: "Renamed" });
    expect(saved).toEqual({ name: "Renamed", requireSecondFactor: false, secondFactorDemandedBy: null });
    expect(await codeOf(tenant.person, "PUT", path, { name: " " })).toBe("validation_failed");
    expect(await codeOf(tenant.person, "PUT", path, { requireSecondFactor: true })).toBe("second_factor_required");
    const strong = await otherSession(tenant);
    const user = await idOf(strong);
    write(
      "update sessions set factor = 'totp' where id = (select id from sessions where user_id = ? order by created_at desc limit 1)",
      user,
    );
    await strong.ok("PUT", path, { requireSecondFactor: true });
    const me = await tenant.person.ok<MeView>("GET", "/api/me");
    expect(me.tenants.find((row) => row.id === tenant.id)?.secondFactorMissing).toBe(true);
    expect(await codeOf(tenant.person, "GET", path)).toBe("second_factor_required");
    expect(await strong.ok<TenantSettingsView>("GET", path)).toMatchObject({ requireSecondFactor: true });
  });
});

describe("those who run the platform", () => {
  it("are a team too: invited, with viewers who look and change nothing", async () => {
    const operator = await platformOperator();
    const guest = await newTenant(site, "guest");
    const at = "/api/operator";
    await operator.ok("POST", `${at}/invitations`, { email: guest.email, role: "viewer" });
    expect(await codeOf(guest.person, "GET", `${at}/team`)).toBe("not_found");
    const { invitations } = await guest.person.ok<{ invitations: { id: string }[] }>("GET", "/api/invitations");
    await guest.person.ok("POST", "/api/invitations/accept", { id: invitations[0]?.id });
    expect((await guest.person.ok<MeView>("GET", "/api/me")).operator).toBe(true);
    for (const path of ["/clusters", "/tenants", "/tree", "/team", "/plans"]) {
      expect([path, await codeOf(guest.person, "GET", `${at}${path}`)]).toEqual([path, null]);
    }
    expect(await codeOf(guest.person, "POST", `${at}/plans`, { name: "X", cores: 1, memoryMiB: 128, diskGiB: 1 })).toBe(
      "role_missing",
    );
    expect(await codeOf(guest.person, "POST", `${at}/clusters`, {})).toBe("role_missing");
    expect(await codeOf(guest.person, "POST", `${at}/invitations`, { email: "x@y.test", role: "owner" })).toBe(
      "role_missing",
    );
    const id = await idOf(guest.person);
    await operator.ok("DELETE", `${at}/team/${id}`);
    expect(await codeOf(guest.person, "GET", `${at}/team`)).toBe("not_found");
  });
});
