// Who asks, and what belongs to whom, for the matrix of access.
import type { Person } from "../../lab/stack/person.ts";
import type { ChildTenantView, MeView, Problem } from "../../worker/rules/views.ts";
import { ended, launch, newTenant } from "./portal.ts";
import type { Tenant } from "./portal.ts";
import { addMember, platformOperator, rows, site, stranger, withoutId } from "./site.ts";
import { workerCode } from "./worker-code.ts";

/** What stands in a path: names of the parameters of the routes. */
export type Ids = Record<
  | "tenant"
  | "service"
  | "snapshot"
  | "backup"
  | "session"
  | "key"
  | "operation"
  | "console"
  | "child"
  | "cluster"
  | "template"
  | "plan"
  | "finding",
  string
>;

export const MADE_UP: Ids = {
  tenant: "ten_00000000000000000000",
  service: "svc_00000000000000000000",
  operation: "op_00000000000000000000",
  session: "a0000000000000000000000000000000",
  key: "key_00000000000000000000",
  console: "con_00000000000000000000",
  child: "ten_00000000000000000001",
  cluster: "clu_00000000000000000000",
  template: "tpl_00000000000000000000",
  plan: "pln_00000000000000000000",
  snapshot: "snp_00000000000000000000",
  backup: "bak_00000000000000000000",
  finding: "fnd_00000000000000000000",
};

export type Who = "anonymous" | "viewer" | "operator" | "owner" | "outsider" | "reseller" | "platform";

export interface Asker {
  who: Who;
  person: Person;
  /** What is this person's own; null for those who belong to no tenant. */
  own: Ids | null;
  /** What belongs to a tenant that this person is no member of. */
  foreign: Ids;
}

/** Every route of the app as it is mounted, `GET /api/me` and so on; those of middleware alone are left out. */
export async function routesOfApp(): Promise<string[]> {
  const { app } = await workerCode<{ app: { routes: { method: string; path: string }[] } }>("app.ts");
  const routes = app.routes.filter((route) => route.method !== "ALL").map((route) => `${route.method} ${route.path}`);
  return [...new Set(routes)];
}

/** Makes the people, their tenants, and a stopped service in each. */
export async function makeAskers(): Promise<Asker[]> {
  const [ana, bob, viewer, operator, rita, carl] = await Promise.all(
    ["ana", "bob", "viewer", "operator", "rita", "carl"].map((label) => newTenant(site, label)),
  );
  if (!ana || !bob || !viewer || !operator || !rita || !carl) throw new Error("a tenant is missing");
  for (const [tenant, role] of [
    [viewer, "viewer"],
    [operator, "operator"],
  ] as const) {
    addMember(ana.id, (await tenant.person.ok<MeView>("GET", "/api/me")).user.id, role);
  }
  const platform = await platformOperator();
  const limits = { vcpu: 4, memoryMiB: 2_048, diskGiB: 20, services: 4 };
  const draft = { name: "Rita's", ownerEmail: rita.email, limits };
  const { child: reseller } = await platform.ok<{ child: ChildTenantView }>("POST", "/api/operator/resellers", draft);
  const below = { name: "Carl's", ownerEmail: carl.email, limits: {} };
  const { child } = await rita.person.ok<{ child: ChildTenantView }>(
    "POST",
    `/api/tenants/${reseller.id}/children`,
    below,
  );
  const ritas: Tenant = { ...rita, id: reseller.id, at: (path) => `/api/tenants/${reseller.id}${path}` };
  const [ofAna, ofBob, ofRita] = await Promise.all([stoppedService(ana), stoppedService(bob), stoppedService(ritas)]);
  const template = String(rows("select id from templates order by name")[0]?.["id"]);
  const cluster = String(rows("select id from clusters")[0]?.["id"]);
  const idsOf = (tenant: string, found: { service: string; operation: string }): Ids => ({
    ...MADE_UP,
    tenant,
    ...found,
    cluster,
    template,
  });
  const anas = { ...idsOf(ana.id, ofAna), child: child.id };
  const bobs = idsOf(bob.id, ofBob);
  return [
    { who: "anonymous", person: stranger(), own: null, foreign: anas },
    { who: "viewer", person: viewer.person, own: anas, foreign: bobs },
    { who: "operator", person: operator.person, own: anas, foreign: bobs },
    { who: "owner", person: ana.person, own: anas, foreign: bobs },
    { who: "outsider", person: bob.person, own: bobs, foreign: anas },
    // Of the child that is the reseller's own it is the superior; its neighbours it does not know.
    {
      who: "reseller",
      person: rita.person,
      own: { ...idsOf(reseller.id, ofRita), child: child.id },
      foreign: { ...anas, child: bob.id },
    },
    { who: "platform", person: platform, own: null, foreign: anas },
  ];
}

async function stoppedService(tenant: Tenant): Promise<{ service: string; operation: string }> {
  const { body, status } = await launch(tenant);
  if (status !== 202) throw new Error(`launch refused: ${JSON.stringify(body)}`);
  await ended(tenant, body.operation.id);
  const path = tenant.at(`/services/${body.service.id}/power`);
  const stop = await tenant.person.ok<{ operation: { id: string } }>("POST", path, { action: "stop" });
  await ended(tenant, stop.operation.id);
  return { service: body.service.id, operation: body.operation.id };
}

/** Status and body of an answer, without what differs from one request to the next. */
export async function plainAnswer(person: Person, method: string, path: string, body: unknown) {
  const answer = await person.send<Problem>(method, path, method === "GET" ? undefined : body);
  return {
    status: answer.status,
    code: answer.body.code ?? null,
    told: answer.status < 400 ? null : withoutId(answer.body),
  };
}
