// Who asks, and what belongs to whom, for the matrix of access.
import { Person } from "../../lab/stack/person.ts";
import { scopesFor } from "../../worker/rules/permissions.ts";
import type { Permission } from "../../worker/rules/permissions.ts";
import type { ChildTenantView, MeView, Problem, Resource, Role, TenantKind } from "../../worker/rules/views.ts";
import type { ApiKeyMade, SecurityView } from "../../worker/rules/views-people.ts";
import { ended, launch, newTenant } from "./portal.ts";
import type { Tenant } from "./portal.ts";
import { addMember, platformOperator, rows, site, stranger, withoutId } from "./site.ts";
import { workerCode } from "./worker-code.ts";

/** What stands in a path where it names nothing; names are those of the parameters of the routes. */
export const MADE_UP = {
  tenant: "ten_00000000000000000000",
  service: "svc_00000000000000000000",
  snapshot: "snp_00000000000000000000",
  backup: "bak_00000000000000000000",
  schedule: "sch_00000000000000000000",
  finding: "fnd_00000000000000000000",
  request: "qrq_00000000000000000000",
  operation: "op_00000000000000000000",
  console: "con_00000000000000000000",
  child: "ten_00000000000000000001",
  /** A tenant named in a query, whose things may be read from one's own place: that place, or one below it. */
  other: "ten_00000000000000000002",
  member: "00000000000000000000000000000000",
  invitation: "inv_00000000000000000000",
  key: "key_00000000000000000000",
  plan: "pln_00000000000000000000",
  session: "00000000000000000000000000000001",
  cluster: "clu_00000000000000000000",
  template: "tpl_00000000000000000000",
  script: "scr_00000000000000000000",
  choice: "ssc_00000000000000000000",
  image: "img_00000000000000000000",
};

export type Ids = typeof MADE_UP;

/** A person or program, where it belongs, and what it is there. */
export interface Asker {
  who: string;
  person: Person;
  /** Where it belongs: own ids, role and kind of the tenant; null for strangers. */
  place: { ids: Ids; role: Role; kind: TenantKind; isHeld: boolean } | null;
  /** What belongs to others: a tenant that it is no member of, and things there. */
  foreign: Ids;
  /** Scopes of a key; null for people. */
  scopes: readonly Permission[] | null;
}

/** Every route of the app as it is mounted, `GET /api/me` and so on; those of middleware alone are left out. */
export async function routesOfApp(): Promise<string[]> {
  const { app } = await workerCode<{ app: { routes: { method: string; path: string }[] } }>("app.ts");
  const routes = app.routes.filter((route) => route.method !== "ALL").map((route) => `${route.method} ${route.path}`);
  return [...new Set(routes)];
}

/** A program with a key: it has no cookie and names no origin. */
class Program extends Person {
  private readonly token: string;

  constructor(origin: string, mailUrl: string, token: string) {
    super(origin, mailUrl);
    this.token = token;
  }

  override send<T>(method: string, path: string, body?: unknown, more: { headers?: Record<string, string> } = {}) {
    return super.send<T>(method, path, body, { headers: { authorization: `Bearer ${this.token}`, ...more.headers } });
  }
}

/**
 * Makes two resellers. Below the first Ana's tenant, where somebody works and somebody looks on, and Bob's; below the second
 * Sue's, which is suspended, and Cid's. Each place has a service that is stopped, a plan, a key and an open invitation.
 */
export async function makeAskers(): Promise<Asker[]> {
  const people = ["ana", "bob", "sue", "cid", "rita", "rolf", "work", "look", "over"] as const;
  const made = await Promise.all(people.map((label) => newTenant(site, label)));
  const by = Object.fromEntries(people.map((label, index) => [label, made[index]])) as Record<
    (typeof people)[number],
    Tenant
  >;
  const platform = await platformOperator();
  const [first, second] = await Promise.all(
    [by.rita, by.rolf].map((owner) => childOf(platform, "/api/operator", owner, "reseller", 6)),
  );
  if (!first || !second) throw new Error("a reseller is missing");
  const anas = await childOf(by.rita.person, first.at(""), by.ana, "tenant", 2);
  const bobs = await childOf(by.rita.person, first.at(""), by.bob, "tenant", 1);
  const sues = await childOf(by.rolf.person, second.at(""), by.sue, "tenant", 1);
  const cids = await childOf(by.rolf.person, second.at(""), by.cid, "tenant", 1);
  addMember(anas.id, await userId(by.work), "operator");
  addMember(anas.id, await userId(by.look), "viewer");
  addMember("ten_platform", await userId(by.over), "viewer");
  const idsOf = await Promise.all([first, second, anas, bobs, sues].map(thingsOf));
  const [ofFirst, ofSecond, ofAna, ofBob, ofSue] = idsOf as [Ids, Ids, Ids, Ids, Ids];
  await by.rolf.person.ok("POST", second.at(`/children/${sues.id}/suspend`), { reason: "for the matrix" });

  const atFirst = { ...ofFirst, child: anas.id, other: anas.id, request: ofAna.request };
  const atSecond = { ...ofSecond, child: cids.id, other: cids.id, request: ofSue.request };
  const atPlatform = { ...MADE_UP, ...catalogue(), child: first.id, other: anas.id, member: await userId(by.over) };
  const tenant = (ids: Ids, role: Role, isHeld = false) => ({ ids, role, kind: "tenant" as const, isHeld });
  const reseller = (ids: Ids) => ({ ids, role: "owner" as const, kind: "reseller" as const, isHeld: false });
  const crew = (role: Role) => ({ ids: atPlatform, role, kind: "platform" as const, isHeld: false });
  const scopes = scopesFor("owner", "tenant");
  const [none, full] = await Promise.all([keyOf(anas, ["team.read"]), keyOf(anas, scopes)]);
  return [
    person("anonymous", stranger(), null, ofAna),
    person("viewer", by.look.person, tenant(ofAna, "viewer"), ofBob),
    person("operator", by.work.person, tenant(ofAna, "operator"), ofBob),
    person("owner", by.ana.person, tenant(ofAna, "owner"), ofBob),
    person("owner of another tenant", by.bob.person, tenant(ofBob, "owner"), ofAna),
    // Of the child that is its own it is the superior; into it, it does not see.
    person("reseller above", by.rita.person, reseller(atFirst), {
      ...ofAna,
      child: cids.id,
      other: cids.id,
      request: ofSue.request,
    }),
    person("reseller beside", by.rolf.person, reseller(atSecond), { ...ofAna, child: anas.id, other: anas.id }),
    person("platform's owner", platform, crew("owner"), ofAna),
    person("platform's viewer", by.over.person, crew("viewer"), ofAna),
    person("owner of a suspended tenant", by.sue.person, tenant(ofSue, "owner", true), ofAna),
    { ...person("key without the scope", none, tenant(ofAna, "owner"), ofBob), scopes: ["team.read"] },
    { ...person("key with every scope", full, tenant(ofAna, "owner"), ofBob), scopes },
  ];
}

function person(who: string, person: Person, place: Asker["place"], foreign: Ids): Asker {
  return { who, person, place, foreign, scopes: null };
}

/** Takes from the platform whom {@link makeAskers} has let in. */
export const CREW_LEAVES = "delete from members where tenant_id = 'ten_platform' and role = 'viewer'";

async function childOf(
  superior: Person,
  place: string,
  owner: Tenant,
  kind: "tenant" | "reseller",
  share: number,
): Promise<Tenant> {
  const limits: Partial<Record<Resource, number>> = {
    vcpu: share,
    memoryMiB: share * 128,
    diskGiB: share * 4,
    services: share,
    snapshots: share * 2,
    backups: share * 2,
    backupGiB: share * 8,
  };
  const draft = { name: `Of ${owner.email}`, ownerEmail: owner.email, kind, limits };
  const { child } = await superior.ok<{ child: ChildTenantView }>("POST", `${place}/children`, draft);
  return { ...owner, id: child.id, at: (path) => `/api/tenants/${child.id}${path}` };
}

async function userId(tenant: Tenant): Promise<string> {
  return (await tenant.person.ok<MeView>("GET", "/api/me")).user.id;
}

/** What belongs to one place, by the names of paths. */
async function thingsOf(tenant: Tenant): Promise<Ids> {
  const { person } = tenant;
  const email = `asked-${tenant.email}`;
  const { invitation } = await person.ok<{ invitation: { id: string } }>("POST", tenant.at("/invitations"), {
    email,
    role: "viewer",
  });
  const { key } = await person.ok<ApiKeyMade>("POST", tenant.at("/keys"), {
    name: "Of the matrix",
    scopes: ["team.read"],
    expiresAt: null,
  });
  const wanted = { wanted: { vcpu: 1_000 }, message: "" };
  const { request } = await person.ok<{ request: { id: string } }>("POST", tenant.at("/quota/requests"), wanted);
  const { sessions } = await person.ok<SecurityView>("GET", "/api/security");
  const plan = await person.send<{ plan: { id: string } }>("POST", tenant.at("/plans"), {
    name: "Small",
    cores: 1,
    memoryMiB: 128,
    diskGiB: 2,
  });
  const copies = await serviceWithCopies(tenant);
  const { schedule } = await person.ok<{ schedule: { id: string } }>(
    "POST",
    tenant.at(`/services/${copies.service}/schedules`),
    { action: "start", rule: "0 0 1 1 *", timeZone: "UTC" },
  );
  return {
    ...MADE_UP,
    ...catalogue(),
    ...copies,
    schedule: schedule.id,
    tenant: tenant.id,
    other: tenant.id,
    invitation: invitation.id,
    request: request.id,
    key: key.id,
    member: await userId(tenant),
    session: sessions[0]?.id ?? "",
    plan: plan.status === 201 ? plan.body.plan.id : MADE_UP.plan,
  };
}

function catalogue(): Pick<Ids, "cluster" | "template" | "image"> {
  const image = String(rows("select id from images")[0]?.["id"]);
  const template = String(rows("select id from templates order by name")[0]?.["id"]);
  return { template, image, cluster: String(rows("select id from clusters")[0]?.["id"]) };
}

async function keyOf(tenant: Tenant, scopes: readonly Permission[]): Promise<Program> {
  const draft = { name: `Key of ${scopes.length}`, scopes, expiresAt: null };
  const { token } = await tenant.person.ok<ApiKeyMade>("POST", tenant.at("/keys"), draft);
  return new Program(site.origin, site.controlUrl, token);
}

/** A service that is stopped, with a snapshot and a backup. */
async function serviceWithCopies(tenant: Tenant): Promise<Pick<Ids, "service" | "operation" | "snapshot" | "backup">> {
  const { body, status } = await launch(tenant);
  if (status !== 202) throw new Error(`launch refused: ${JSON.stringify(body)}`);
  await ended(tenant, body.operation.id);
  const path = tenant.at(`/services/${body.service.id}/power`);
  const stop = await tenant.person.ok<{ operation: { id: string } }>("POST", path, { action: "stop" });
  await ended(tenant, stop.operation.id);
  for (const [copies, draft] of Object.entries({
    snapshots: { name: "kept" },
    backups: { notes: "", protected: false },
  })) {
    const made = tenant.at(`/services/${body.service.id}/${copies}`);
    await ended(tenant, (await tenant.person.ok<{ operation: { id: string } }>("POST", made, draft)).operation.id);
  }
  const idIn = (table: string) => String(rows(`select id from ${table} where tenant_id = ?`, tenant.id)[0]?.["id"]);
  return {
    service: body.service.id,
    operation: body.operation.id,
    snapshot: idIn("snapshots"),
    backup: idIn("backups"),
  };
}

/** Status and body of an answer, without what differs from one request to the next. */
export async function plainAnswer(person: Person, method: string, path: string, body: unknown) {
  const answer = await person.send<Problem>(method, path, method === "GET" ? undefined : body);
  return {
    status: answer.status,
    code: answer.body.code ?? null,
    told: answer.status < 400 ? null : withoutId(answer.body),
    requestId: answer.headers.get("x-request-id"),
  };
}
