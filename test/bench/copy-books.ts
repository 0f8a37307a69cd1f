// Compares sizes, snapshots and backups as the portal has them with those of the lab.
import type { LabReady } from "../../lab/stack/stack.ts";
import type { Site } from "../harness/portal.ts";
import { readDatabase } from "../harness/database.ts";
import { labCall } from "./lab-call.ts";

interface ServiceRow {
  id: string;
  name: string;
  vmid: number;
  node: string;
  cores: number;
  memory: number;
  disk: number;
}

/** What they disagree about while no operation runs; empty where they agree. */
export async function copyFaults(lab: LabReady, site: Site): Promise<string[]> {
  const read = <T>(sql: string): T[] =>
    readDatabase(site.databaseFile, (database) => database.prepare(sql).all() as T[]);
  const services = read<ServiceRow>(
    `select id, name, vmid, node, cores, memory_mib as memory, disk_gib as disk from services where state = 'ready'`,
  );
  const snapshots = read<{ service: string; name: string; state: string }>(
    "select service_id as service, name, state from snapshots",
  );
  const backups = read<{ volid: string | null; state: string; held: string | null }>(
    "select volid, state, operation_id as held from backups",
  );
  const archives = await labCall<{ volid: string; vmid: number }[]>(lab, "GET", ARCHIVES);
  const kept = archives.filter((row) => row.vmid >= 10_000).map((row) => row.volid);
  return [
    ...(await Promise.all(services.map((service) => guestFaults(lab, service, snapshots)))).flat(),
    ...differences(
      "backups",
      backups.map((row) => row.volid ?? "none"),
      kept,
    ),
    ...backups.filter((row) => row.state !== "ready" || row.held !== null).map((row) => `backup ${row.volid} is held`),
  ];
}

const ARCHIVES = "/nodes/pve1/storage/shared/content?content=backup";

async function guestFaults(
  lab: LabReady,
  service: ServiceRow,
  snapshots: readonly { service: string; name: string; state: string }[],
): Promise<string[]> {
  const path = `/nodes/${service.node}/qemu/${service.vmid}`;
  // What a running guest has, and what it will have at its next start: the larger of both is charged.
  const now = await labCall<Record<string, string | number>>(lab, "GET", `${path}/config?current=1`);
  const next = await labCall<Record<string, string | number>>(lab, "GET", `${path}/config`);
  const names = await labCall<{ name: string }[]>(lab, "GET", `${path}/snapshot`);
  const disk = /size=(\d+)G/.exec(String(now["scsi0"]))?.[1];
  const larger = (key: string) => Math.max(Number(now[key]), Number(next[key]));
  return [
    ...differences(
      `${service.name}: size`,
      [`${service.cores} cores, ${service.memory} MiB, ${service.disk} GiB`],
      [`${larger("cores")} cores, ${larger("memory")} MiB, ${disk} GiB`],
    ),
    ...differences(
      `${service.name}: snapshots`,
      snapshots.filter((row) => row.service === service.id && row.state === "ready").map((row) => row.name),
      names.map((row) => row.name).filter((name) => name !== "current"),
    ),
  ];
}

function differences(what: string, portal: readonly string[], lab: readonly string[]): string[] {
  const [ours, theirs] = [portal.toSorted().join(), lab.toSorted().join()];
  return ours === theirs ? [] : [`${what}: ${ours || "none"} in the portal, ${theirs || "none"} in the lab`];
}
