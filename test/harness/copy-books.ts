// Compares sizes, snapshots and backups as the portal has them with those of the lab.
import type { LabReady } from "../../lab/stack/stack.ts";
import type { Site } from "./portal.ts";
import { readDatabase } from "./database.ts";
import { labCall } from "./lab-call.ts";

interface ServiceRow {
  id: string;
  tenant: string;
  kind: "vm" | "container";
  state: string;
  name: string;
  vmid: number;
  node: string;
  cores: number;
  memory: number;
  disk: number;
}

/** What they disagree about while no operation runs, of some tenants or of all; empty where they agree. */
export async function copyFaults(lab: LabReady, site: Site, tenants?: readonly string[]): Promise<string[]> {
  const read = <T extends { tenant: string }>(sql: string): T[] =>
    readDatabase(site.databaseFile, (database) => database.prepare(sql).all() as T[]).filter(
      (row) => tenants?.includes(row.tenant) !== false,
    );
  const services = read<ServiceRow>(
    `select id, tenant_id as tenant, kind, state, name, vmid, node, cores, memory_mib as memory, disk_gib as disk
       from services`,
  );
  const snapshots = read<SnapshotRow>(
    "select tenant_id as tenant, service_id as service, name, parent_name as parent, state from snapshots",
  );
  const backups = read<{ tenant: string; volid: string | null; state: string; held: string | null }>(
    "select tenant_id as tenant, volid, state, operation_id as held from backups",
  );
  const numbers = new Set(services.map((service) => service.vmid));
  const archives = await labCall<{ volid: string; vmid: number }[]>(lab, "GET", ARCHIVES);
  const kept = archives
    .filter(({ vmid }) => vmid >= 10_000 && (tenants === undefined || numbers.has(vmid)))
    .map((row) => row.volid);
  const ready = services.filter((service) => service.state === "ready");
  return [
    ...(await Promise.all(ready.map((service) => guestFaults(lab, service, snapshots)))).flat(),
    ...differences(
      "backups",
      backups.map((row) => row.volid ?? "none"),
      kept,
    ),
    ...backups.filter((row) => row.state !== "ready" || row.held !== null).map((row) => `backup ${row.volid} is held`),
  ];
}

const ARCHIVES = "/nodes/pve1/storage/shared/content?content=backup";

interface SnapshotRow {
  tenant: string;
  service: string;
  name: string;
  parent: string | null;
  state: string;
}

async function guestFaults(lab: LabReady, service: ServiceRow, snapshots: readonly SnapshotRow[]): Promise<string[]> {
  const path = `/nodes/${service.node}/${service.kind === "vm" ? "qemu" : "lxc"}/${service.vmid}`;
  // What a running guest has, and what it will have at its next start: the larger of both is charged.
  const now = await labCall<Record<string, string | number>>(lab, "GET", `${path}/config?current=1`);
  const next = await labCall<Record<string, string | number>>(lab, "GET", `${path}/config`);
  const names = await labCall<{ name: string; parent?: string }[]>(lab, "GET", `${path}/snapshot`);
  const disk = /size=(\d+)G/.exec(String(now["scsi0"] ?? now["rootfs"]))?.[1];
  const larger = (key: string) => Math.max(Number(now[key]), Number(next[key]));
  return [
    ...differences(
      `${service.name}: size`,
      [`${service.cores} cores, ${service.memory} MiB, ${service.disk} GiB`],
      [`${larger("cores")} cores, ${larger("memory")} MiB, ${disk} GiB`],
    ),
    ...differences(
      `${service.name}: snapshots`,
      snapshots.filter((row) => row.service === service.id && row.state === "ready").map(treeLine),
      names.filter((row) => row.name !== "current").map(treeLine),
    ),
  ];
}

function treeLine({ name, parent }: { name: string; parent?: string | null }): string {
  return `${name} upon ${parent ?? "nothing"}`;
}

function differences(what: string, portal: readonly string[], lab: readonly string[]): string[] {
  const [ours, theirs] = [portal.toSorted().join(), lab.toSorted().join()];
  return ours === theirs ? [] : [`${what}: ${ours || "none"} in the portal, ${theirs || "none"} in the lab`];
}
