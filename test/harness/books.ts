// Compares the three books that must always say the same: the ledger, the portal's services, the lab's guests and disks.
import type { OperationView } from "../../worker/rules/views.ts";
import { labDisks, labGuests, ledgerFaults } from "./portal.ts";
import type { LabGuest, Site } from "./portal.ts";
import { readDatabase } from "./database.ts";

export interface OperationNow {
  id: string;
  status: OperationView["status"];
  steps: OperationView["steps"];
  facts: Record<string, string | number | boolean>;
}

/** The operation that a request with this Idempotency-Key has made, as it stands now; null where it has made none yet. */
export function operationOfKey(databaseFile: string, key: string): OperationNow | null {
  const row = query<{ id: string; status: OperationView["status"]; steps: string; facts: string }>(
    databaseFile,
    "select id, status, steps, facts from operations where idempotency_key = ?",
    key,
  )[0];
  if (!row) return null;
  return {
    id: row.id,
    status: row.status,
    steps: JSON.parse(row.steps) as OperationNow["steps"],
    facts: JSON.parse(row.facts) as OperationNow["facts"],
  };
}

/** Id of the token that the portal keeps for a tenant; null where it keeps none. */
export function tokenOfTenant(databaseFile: string, tenantId: string): string | null {
  const sql = "select token_id as tokenId from identities where tenant_id = ?";
  return query<{ tokenId: string }>(databaseFile, sql, tenantId)[0]?.tokenId ?? null;
}

/** What the books disagree about while no operation runs, of some tenants or of all; empty where they agree. */
export async function disagreements(site: Site, tenants?: readonly string[]): Promise<string[]> {
  const everything = query<ServiceNow>(
    site.databaseFile,
    `select s.id, s.name, s.state, s.vmid, s.power, s.operation_id as operationId, i.pool, s.tenant_id as tenant
       from services s left join identities i on i.tenant_id = s.tenant_id and i.cluster_id = s.cluster_id`,
  ).filter((service) => tenants?.includes(service.tenant) !== false);
  const services = everything.filter((service) => service.state !== "deleted");
  const numbers = new Set(everything.map((service) => service.vmid));
  const isMeant = (vmid: number) => tenants === undefined || numbers.has(vmid);
  const guests = (await labGuests(site.controlUrl)).filter(
    ({ vmid, description }) => isMeant(vmid) || everything.some(({ id }) => description.includes(id)),
  );
  const disks = (await labDisks(site.controlUrl)).filter((disk) => isMeant(disk.vmid));
  const vmids = new Set(guests.map((guest) => guest.vmid));
  return [
    ...ledgerFaults(site.databaseFile),
    ...services.flatMap((service) => serviceFaults(service, guests)),
    ...guests
      .filter((guest) => !services.some((service) => service.vmid === guest.vmid && service.state === "ready"))
      .map((guest) => `guest ${guest.vmid} (${guest.description.trim()}) belongs to no ready service`),
    ...disks
      .filter((disk) => !disk.volid.includes("vzdump-") && !vmids.has(disk.vmid))
      .map((disk) => `disk ${disk.volid} belongs to no guest`),
    ...guests
      .filter((guest) => !disks.some((disk) => disk.vmid === guest.vmid))
      .map((guest) => `guest ${guest.vmid} has no disk`),
  ];
}

interface ServiceNow {
  id: string;
  name: string;
  state: string;
  vmid: number | null;
  power: string;
  operationId: string | null;
  pool: string | null;
  tenant: string;
}

function serviceFaults(service: ServiceNow, guests: readonly LabGuest[]): string[] {
  const own = guests.filter((guest) => guest.description.split(/\s+/).includes(`nubemox:${service.id}`));
  if (service.operationId !== null) return [`${service.name} is still held by an operation`];
  if (service.state === "failed") return own.map((guest) => `${service.name} failed, its guest ${guest.vmid} is there`);
  if (service.state !== "ready") return [`${service.name} is ${service.state} without an operation`];
  const [guest] = own;
  if (!guest || own.length > 1) return [`${service.name} is ready and has ${own.length} guests`];
  const power = guest.paused ? "paused" : guest.status;
  return [
    ...(guest.vmid === service.vmid ? [] : [`${service.name} has guest ${guest.vmid}, not ${service.vmid}`]),
    ...(guest.name === service.name ? [] : [`guest ${guest.vmid} is called ${guest.name}, not ${service.name}`]),
    ...(power === service.power ? [] : [`${service.name} is ${service.power}, its guest ${power}`]),
    ...(guest.pool === service.pool ? [] : [`guest ${guest.vmid} is in pool ${guest.pool}, not ${service.pool}`]),
  ];
}

function query<T>(databaseFile: string, sql: string, ...values: string[]): T[] {
  return readDatabase(databaseFile, (database) => database.prepare(sql).all(...values) as T[]);
}
