// The world that the table of verbs is tried in: one roomy tenant with people of each role, and services to do things to.
import { randomBytes } from "node:crypto";
import { Person } from "../../lab/stack/person.ts";
import type { LabReady } from "../../lab/stack/stack.ts";
import type { TaskSpan } from "../../lab/tasks.ts";
import type { Permission } from "../../worker/rules/permissions.ts";
import type { CatalogueView, ChildTenantView, Resource, ServiceView } from "../../worker/rules/views.ts";
import type { ApiKeyMade } from "../../worker/rules/views-people.ts";
import { disagreements } from "./books.ts";
import { copyFaults } from "./copy-books.ts";
import { readDatabase } from "./database.ts";
import { labCall } from "./lab-call.ts";
import { ended, launchBody, newTenant, pause, serviceOf } from "./portal.ts";
import type { LaunchBody, Site, Tenant } from "./portal.ts";
import { backUp, power, snap, snapshotsOf } from "./verb-requests.ts";
import type { Asked } from "./verb-requests.ts";

export type GuestKind = ServiceView["kind"];
export const GUEST_KINDS: readonly GuestKind[] = ["vm", "container"];

export const SMALL = { cores: 1, memoryMiB: 128, diskGiB: 2 } as const;

const ROOMY: Record<Exclude<Resource, "publicIps">, number> = {
  vcpu: 400,
  memoryMiB: 100_000,
  diskGiB: 2_000,
  services: 400,
  snapshots: 400,
  backups: 400,
  backupGiB: 2_000,
};

/** What a service has to be like for what is to be done to it. */
export interface Wish {
  power?: "running" | "stopped" | "paused";
  /** Without snapshots. */
  bare?: boolean;
}

interface Kept {
  id: string;
  power: ServiceView["power"];
  bare: boolean;
}

interface People {
  /** The owner; beside her a mate who works there, somebody who looks on, and a stranger with a tenant of his own. */
  tenant: Tenant;
  mate: Person;
  viewer: Person;
  stranger: Tenant;
}

/**
 * What services are made of. Only launches of the table use `spare`, and only its rebuilds `other`, so that faults of theirs
 * strike nobody else.
 */
interface Templates {
  ids: Record<GuestKind | "spare" | "other", string>;
  spareVmid: number;
  otherVmid: number;
}

export class VerbWorld {
  readonly site: Site;
  readonly lab: LabReady;
  readonly tenant: Tenant;
  readonly mate: Person;
  readonly viewer: Person;
  readonly stranger: Tenant;
  readonly templates: Templates;
  readonly #operator: Person;
  /** All whose books are looked into. */
  readonly #tenants: Tenant[];
  #script: Promise<string> | undefined;
  readonly #free: Record<GuestKind, Kept[]> = { vm: [], container: [] };

  private constructor(site: Site, lab: LabReady, operator: Person, people: People, templates: Templates) {
    this.site = site;
    this.lab = lab;
    this.tenant = people.tenant;
    this.mate = people.mate;
    this.viewer = people.viewer;
    this.stranger = people.stranger;
    this.templates = templates;
    this.#operator = operator;
    this.#tenants = [people.tenant];
  }

  static async make(site: Site, lab: LabReady, operator: Person): Promise<VerbWorld> {
    const [tenant, mate, viewer, stranger] = await Promise.all([
      roomy(site, operator, "wanda"),
      newTenant(site, "mate"),
      newTenant(site, "viewer"),
      newTenant(site, "stranger"),
    ]);
    for (const [member, role] of [
      [mate, "operator"],
      [viewer, "viewer"],
    ] as const) {
      const { invitation } = await tenant.person.ok<{ invitation: { id: string } }>("POST", tenant.at("/invitations"), {
        email: member.email,
        role,
      });
      await member.person.ok("POST", "/api/invitations/accept", { id: invitation.id });
    }
    const { templates } = await tenant.person.ok<CatalogueView>("GET", tenant.at("/catalogue"));
    const idOf = (name: string) => templates.find((row) => row.name === name)?.id ?? "";
    const [spare, other] = [idOf("Tiny Web"), idOf("Classroom")];
    const vmidOf = (id: string) => Number(read(site, "select vmid from templates where id = ?", id)[0]?.["vmid"]);
    const people = { tenant, mate: mate.person, viewer: viewer.person, stranger };
    const ids = { vm: idOf("Tiny Linux"), container: idOf("Tiny Container"), spare, other };
    return new VerbWorld(site, lab, operator, people, { ids, spareVmid: vmidOf(spare), otherVmid: vmidOf(other) });
  }

  /** Rows straight from D1. */
  rows(sql: string, ...values: (string | number | null)[]): Record<string, unknown>[] {
    return read(this.site, sql, ...values);
  }

  /** The number that a service's guest has, or had; 0 while it has none. */
  vmidOf(serviceId: string): number {
    return Number(this.rows("select vmid from services where id = ?", serviceId)[0]?.["vmid"] ?? 0);
  }

  /** What the ledger holds for a service, as `resource amount`. */
  chargesOf(serviceId: string): string {
    const found = this.rows("select resource, amount from charges where service_id = ? order by resource", serviceId);
    return found.map((row) => `${String(row["resource"])} ${String(row["amount"])}`).join(", ");
  }

  /** A service of the tenant that nobody else uses until it is given back; one that is there, or a new one. */
  async take(guest: GuestKind, wish: Wish = {}): Promise<ServiceView> {
    const free = this.#free[guest];
    const fits = (kept: Kept) => wish.bare !== true || kept.bare;
    const found =
      free.find((kept) => fits(kept) && (wish.power === undefined || kept.power === wish.power)) ?? free.find(fits);
    if (found) free.splice(free.indexOf(found), 1);
    const id = found?.id ?? (await this.launch(guest)).id;
    return this.turn(id, wish.power);
  }

  /** Gives it back for others, where it is still fit for anything. */
  async give(serviceId: string): Promise<void> {
    const [row] = this.rows(
      `select s.kind, s.power, s.state, s.operation_id as held, (select count(*) from snapshots where service_id = s.id) as snapshots
         from services s where id = ? and tenant_id = ?`,
      serviceId,
      this.tenant.id,
    );
    if (row?.["state"] !== "ready" || row["held"] !== null) return;
    const kept = { id: serviceId, power: row["power"] as ServiceView["power"], bare: Number(row["snapshots"]) === 0 };
    this.#free[row["kind"] as GuestKind].push(kept);
  }

  /** Makes services beforehand, all at once. */
  async stock(guest: GuestKind, count: number): Promise<void> {
    const made = await Promise.all(Array.from({ length: count }, () => this.launch(guest)));
    for (const { id } of made) await this.give(id);
  }

  /** What a launch sends. */
  async launchBody(guest: GuestKind, changes: Partial<LaunchBody> = {}): Promise<LaunchBody> {
    const login = guest === "container" ? ({ password: "opensesame" } as LaunchBody["login"]) : undefined;
    return launchBody(this.tenant, {
      templateId: this.templates.ids[guest],
      name: freshName(),
      size: { ...SMALL },
      ...(login ? { login } : {}),
      ...changes,
    });
  }

  async launch(guest: GuestKind, tenant: Tenant = this.tenant): Promise<ServiceView> {
    const asked: Asked = await tenant.person.send("POST", tenant.at("/services"), await this.launchBody(guest));
    await this.whole(asked, tenant);
    return serviceOf(tenant, asked.body.service.id);
  }

  /** Switches a service on or off, or holds it, and waits until one that is on hears its power button. */
  async turn(serviceId: string, wanted?: Wish["power"], tenant: Tenant = this.tenant): Promise<ServiceView> {
    const service = await serviceOf(tenant, serviceId);
    if (wanted === undefined || service.power === wanted) {
      if (wanted === "running") await this.#booted(service);
      return service;
    }
    if (wanted === "paused") await this.turn(serviceId, "running", tenant);
    const action = { running: "start", stopped: "stop", paused: "suspend" }[wanted];
    await this.whole(power(tenant, serviceId, action), tenant);
    const turned = await serviceOf(tenant, serviceId);
    if (wanted === "running") await this.#booted(turned);
    return turned;
  }

  async #booted(service: ServiceView): Promise<void> {
    const family = service.kind === "vm" ? "qemu" : "lxc";
    const below = service.kind === "vm" ? "agent/network-get-interfaces" : "interfaces";
    const path = `/nodes/pve1/${family}/${this.vmidOf(service.id)}/${below}`;
    for (let tries = 0; tries < 200; tries += 1) {
      const told = await labCall<unknown[] | object | null>(this.lab, "GET", path).catch(() => null);
      if (told !== null && (!Array.isArray(told) || told.length > 0)) return;
      await pause(100);
    }
    throw new Error(`${service.name} never booted`);
  }

  /** A snapshot of a service that is ready, made where there is none. */
  async snapshot(serviceId: string, tenant: Tenant = this.tenant): Promise<string> {
    if (!(await snapshotsOf(tenant, serviceId)).some((row) => row.state === "ready"))
      await this.whole(snap(tenant, serviceId, freshName()), tenant);
    return (await snapshotsOf(tenant, serviceId)).find((row) => row.state === "ready")?.id ?? "";
  }

  /** A new backup of a service. */
  async backup(serviceId: string, tenant: Tenant = this.tenant, more: Record<string, unknown> = {}): Promise<string> {
    const asked = await backUp(tenant, serviceId, more);
    await this.whole(asked, tenant);
    const [row] = this.rows("select facts from operations where id = ?", asked.body.operation.id);
    return String((JSON.parse(String(row?.["facts"])) as { backupId: string }).backupId);
  }

  /** An image that the operator offers for drives. */
  image(): string {
    const [row] = this.rows("select id from images where active = 1");
    if (!row) throw new Error("no image is offered");
    return String(row["id"]);
  }

  /** Has a service a script to be run on demand, which the operator offers. */
  async choice(serviceId: string): Promise<string> {
    const known = () =>
      this.rows("select id from service_scripts where service_id = ? and event = 'on_demand'", serviceId)[0]?.["id"];
    this.#script ??= this.#operator
      .ok<{ script: { id: string } }>("POST", "/api/operator/scripts", {
        name: `Table ${freshName()}`,
        description: "",
        events: ["on_demand"],
        parameters: [],
        body: `echo ${SAID}`,
        timeoutSeconds: 30,
        active: true,
      })
      .then(({ script }) => script.id);
    if (known() === undefined)
      await this.tenant.person.ok("POST", this.tenant.at(`/services/${serviceId}/scripts`), {
        scriptId: await this.#script,
        event: "on_demand",
        values: {},
      });
    return String(known());
  }

  /** Waits for the end of what was accepted, which must have come about. */
  async whole(asked: Asked | Promise<Asked>, tenant: Tenant = this.tenant): Promise<void> {
    const { status, body } = await asked;
    if (status !== 202) throw new Error(`answered ${status} ${JSON.stringify(body)}`);
    const end = await ended(tenant, body.operation.id, 60_000);
    if (end.status !== "succeeded") throw new Error(`${end.kind} ended ${end.status}: ${JSON.stringify(end.error)}`);
  }

  /** Another tenant with as much room, and with none for anything more once `fill` was called. */
  async otherTenant(): Promise<{ tenant: Tenant; fill: () => Promise<void> }> {
    const tenant = await roomy(this.site, this.#operator, "paul");
    this.#tenants.push(tenant);
    const fill = async () => {
      const used = this.rows("select resource, used from envelopes where tenant_id = ?", tenant.id);
      const limits = Object.fromEntries(used.map((row) => [row["resource"], row["used"]]));
      await this.#operator.ok("PUT", `/api/operator/children/${tenant.id}/limits`, { limits });
    };
    return { tenant, fill };
  }

  /** How many tasks of a type about a guest have ended in the lab so far. */
  async tasks(type: string, vmid: number): Promise<number> {
    const spans = (await (await fetch(`${this.site.controlUrl}/tasks`)).json()) as TaskSpan[];
    return spans.filter((task) => task.type === type && task.id.split("@")[0] === String(vmid)).length;
  }

  /** A program whose key may do nothing but what is named. */
  async program(
    scopes: readonly Permission[],
  ): Promise<(method: string, path: string, body: unknown) => Promise<Asked>> {
    const { token } = await this.tenant.person.ok<ApiKeyMade>("POST", this.tenant.at("/keys"), {
      name: freshName(),
      scopes,
      expiresAt: null,
    });
    const program = new Person(this.site.origin, this.site.controlUrl);
    const headers = { authorization: `Bearer ${token}` };
    return (method, path, body) => program.send(method, this.tenant.at(path), body, { headers });
  }

  /** What ledger, portal and lab disagree about of all these tenants; waits a little for what the next poll puts right. */
  async faults(): Promise<string[]> {
    const ids = this.#tenants.map((tenant) => tenant.id);
    const deadline = Date.now() + AGREE_MS;
    for (;;) {
      const found = [...(await disagreements(this.site, ids)), ...(await copyFaults(this.lab, this.site, ids))];
      if (found.length === 0 || Date.now() > deadline) return found;
      await pause(500);
    }
  }
}

/** What an operation has seen of a guest's power outweighs lists for a quarter of a minute. */
const AGREE_MS = 20_000;

/** What the script of the table says, once for every time that it is run. */
export const SAID = "the table was here";

/** A name that is free, for whatever is to be called something. */
export function freshName(): string {
  return `v${randomBytes(5).toString("hex")}`;
}

async function roomy(site: Site, operator: Person, label: string): Promise<Tenant> {
  const founder = await newTenant(site, label);
  const draft = { name: `Of ${label}`, ownerEmail: founder.email, kind: "reseller", limits: ROOMY };
  const { child } = await operator.ok<{ child: ChildTenantView }>("POST", "/api/operator/children", draft);
  return { ...founder, id: child.id, at: (path) => `/api/tenants/${child.id}${path}` };
}

function read(site: Site, sql: string, ...values: (string | number | null)[]): Record<string, unknown>[] {
  return readDatabase(
    site.databaseFile,
    (database) => database.prepare(sql).all(...values) as Record<string, unknown>[],
  );
}
