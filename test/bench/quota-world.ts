// The tree that `npm run bench:quota` acts upon, and its people: who may do what, and what there is to do it to.
import type { DatabaseSync } from "node:sqlite";
import { Person } from "../../lab/stack/person.ts";
import type { ChildTenantView } from "../../worker/rules/views.ts";
import { readDatabase } from "../harness/database.ts";
import { firstTemplate, newTenant } from "../harness/portal.ts";
import type { Site } from "../harness/portal.ts";

export interface Node {
  id: string;
  name: string;
  kind: "reseller" | "tenant";
  parentId: string;
  /** Its owner's address; every actor of the node is a session of that person. */
  email: string;
  password: string;
}

export interface World {
  site: Site;
  operator: Person;
  nodes: Node[];
  templateId: string;
  /** One session per actor. */
  actors: { person: Person; node: Node }[];
}

const PASSWORD = "a-long-password";
/** Small enough that most of what is asked for does not fit. */
const RESELLER_LIMITS = {
  vcpu: 26,
  memoryMiB: 3_328,
  diskGiB: 52,
  services: 22,
  snapshots: 18,
  backups: 12,
  backupGiB: 28,
};
const NESTED_LIMITS = {
  vcpu: 12,
  memoryMiB: 1_536,
  diskGiB: 24,
  services: 10,
  snapshots: 8,
  backups: 5,
  backupGiB: 11,
};
const TENANT_LIMITS = { vcpu: 5, memoryMiB: 640, diskGiB: 10, services: 4, snapshots: 3, backups: 2, backupGiB: 5 };

/**
 * Two resellers, one of them with another below it, and nine tenants: some with limits of their own, some that share what is
 * above them. At least `count` actors, two or more to a node.
 */
export async function makeWorld(site: Site, operator: Person, count: number): Promise<World> {
  const nodes: Node[] = [];
  const add = async (kind: Node["kind"], parent: Node | null, limits: object, modes: object = {}): Promise<Node> => {
    const owner = await newTenant(site, kind);
    const name = `${kind} ${nodes.length}`;
    const draft = { name, ownerEmail: owner.email, kind, limits, modes };
    const { child } = parent
      ? await (
          await sessionOf(site, parent)
        ).ok<{ child: ChildTenantView }>("POST", `/api/tenants/${parent.id}/children`, draft)
      : await operator.ok<{ child: ChildTenantView }>("POST", "/api/operator/children", draft);
    const node: Node = {
      id: child.id,
      name,
      kind,
      parentId: parent?.id ?? "ten_platform",
      email: owner.email,
      password: PASSWORD,
    };
    nodes.push(node);
    return node;
  };
  const one = await add("reseller", null, RESELLER_LIMITS);
  const two = await add("reseller", null, RESELLER_LIMITS);
  const nested = await add("reseller", two, NESTED_LIMITS);
  const sharing = { vcpu: "share", memoryMiB: "share", services: "share" };
  for (const parent of [one, two, nested]) {
    await add("tenant", parent, TENANT_LIMITS);
    const { vcpu: _, memoryMiB: __, services: ___, ...own } = TENANT_LIMITS;
    await add("tenant", parent, own, sharing);
    await add("tenant", parent, { services: 1, vcpu: 1, memoryMiB: 128, diskGiB: 2, snapshots: 1 });
  }
  const actors: World["actors"] = [];
  for (let index = 0; actors.length < Math.max(count, nodes.length); index += 1) {
    const node = nodes[index % nodes.length] as Node;
    actors.push({ person: await sessionOf(site, node), node });
  }
  const [some] = actors;
  if (!some) throw new Error("nobody there");
  const at = (path: string) => `/api/tenants/${some.node.id}${path}`;
  const templateId = await firstTemplate({ ...some.node, person: some.person, at });
  return { site, operator, nodes, actors, templateId };
}

async function sessionOf(site: Site, node: Node): Promise<Person> {
  const person = new Person(site.origin, site.controlUrl);
  const status = await person.signIn(node.email, node.password);
  if (status !== 200) throw new Error(`signing in answered ${status}`);
  return person;
}

/** What stands in the database at this moment, for choosing something to act upon. */
export function look<T>(site: Site, sql: string, ...values: (string | number)[]): T[] {
  return readDatabase(site.databaseFile, (database: DatabaseSync) => database.prepare(sql).all(...values) as T[]);
}
