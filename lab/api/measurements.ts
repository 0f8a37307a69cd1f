// Measurements: points over time of guests, nodes and storages, and the export of all current figures.
import { flag, integer, required, text, type Call, type Endpoint } from "../http/endpoint.ts";
import { badParameters, failed } from "../http/failure.ts";
import { TIMEFRAMES, pointTimes, type Point, type Timeframe } from "../measurements/archive.ts";
import type { Sample } from "../machines/status-round.ts";
import { SYNTHETIC_FLAVOUR, syntheticLoad } from "../synthetic-guests.ts";
import { nodeUsages, storageUsages, STORAGE_BYTES } from "./rows.ts";

export const measurementEndpoints: Endpoint[] = [
  { route: "GET /nodes/{node}/rrddata", run: (call) => points(call, `node/${call.node}`, `pve-node-9.0/${call.node}`) },
  { route: "GET /nodes/{node}/qemu/{vmid}/rrddata", run: guestPoints },
  { route: "GET /nodes/{node}/qemu/{vmid}/rrd", run: picture },
  { route: "GET /nodes/{node}/lxc/{vmid}/rrddata", run: guestPoints },
  { route: "GET /nodes/{node}/storage/{storage}/rrddata", run: storagePoints },
  { route: "GET /cluster/metrics", run: () => [{ name: "server" }, { name: "export" }] },
  { route: "GET /cluster/metrics/export", run: exportMetrics },
];

/** One transparent pixel. */
const BLANK_PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);

interface Metric {
  id: string;
  metric: string;
  timestamp: number;
  type: "gauge" | "derive";
  value: number;
}

function guestPoints(call: Call): Point[] {
  const vmid = required(call, "vmid");
  if (call.lab.state.guests[vmid]?.flavour === SYNTHETIC_FLAVOUR) return syntheticPoints(call, Number(vmid));
  return points(call, `guest/${vmid}`, `pve-vm-9.0/${vmid}`);
}

/** The old way to see measurements: a file name, and the picture as text of one character per byte; here a blank one. */
function picture(call: Call): { filename: string; image: string } {
  const vmid = required(call, "vmid");
  points(call, `guest/${vmid}`, `pve-vm-9.0/${vmid}`);
  const name = `${vmid}_${required(call, "ds").replaceAll(/[^a-z,]/g, "")}`;
  return { filename: `/var/lib/rrdcached/db/pve-vm-9.0/${name}.png`, image: BLANK_PNG.toString("latin1") };
}

function storagePoints(call: Call): Point[] {
  const storage = required(call, "storage");
  if (call.lab.state.storages[storage] === undefined) throw badParameters({ storage: "No such storage." });
  const place = `${call.node}/${storage}`;
  return points(call, `storage/${place}`, `pve-storage-9.0/${place}`);
}

function points(call: Call, key: string, file: string): Point[] {
  const { measurements } = call.lab;
  if (!measurements.has(key))
    throw failed(
      `RRD error: rrdcached@unix:/var/run/rrdcached.sock: rrd_fetch_r failed: opening '/var/lib/rrdcached/db/${file}': No such file or directory`,
    );
  return measurements.points(key, timeframe(call), text(call, "cf") === "MAX", Date.now());
}

/** Synthetic guests are not recorded: what they did follows from the time alone. */
function syntheticPoints(call: Call, vmid: number): Point[] {
  const last = call.lab.status.last(vmid);
  return pointTimes(timeframe(call), Date.now()).map((time) => {
    if (last === undefined || last.status !== "running") return { time };
    const load = syntheticLoad(vmid, time);
    const { maxcpu, maxmem, maxdisk } = last;
    const traffic = { netin: load * 20_000, netout: load * 50_000, diskread: 4_096, diskwrite: load * 8_192 };
    return { time, maxcpu, maxmem, maxdisk, disk: 0, memhost: 0, cpu: load, mem: maxmem * load, ...traffic };
  });
}

function timeframe(call: Call): Timeframe {
  return TIMEFRAMES.find((known) => known === text(call, "timeframe")) ?? "hour";
}

function exportMetrics(call: Call): unknown {
  const { lab } = call;
  const since = integer(call, "start-time") ?? 0;
  const only = text(call, "node-list")?.split(",");
  const wanted = (node: string): boolean =>
    lab.nodes.isOnline(node) &&
    (only === undefined || only.includes(node)) &&
    (!flag(call, "local-only") || node === lab.nodes.local);
  const now = Math.floor(lab.status.lastRoundAtMs / 1_000);
  const rows: Metric[] = flag(call, "history") ? history(call, wanted) : [];
  rows.push(...nodeMetrics(call, wanted, now), ...guestMetrics(call, wanted, now));
  return {
    data: rows.filter((row) => row.timestamp > since).sort((left, right) => left.timestamp - right.timestamp),
  };
}

function nodeMetrics({ lab }: Call, wanted: (node: string) => boolean, timestamp: number): Metric[] {
  const [usages, storage] = [nodeUsages(lab), storageUsages(lab)];
  return lab.state.nodes.filter(wanted).flatMap((node) => {
    const usage = usages(node);
    const own = gauges(`node/${node}`, timestamp, {
      cpu_current: usage.cpu,
      cpu_max: usage.maxcpu,
      disk_total: usage.rootTotal,
      disk_used: usage.rootUsed,
      mem_total: usage.maxmem,
      mem_used: usage.mem,
      uptime: usage.uptime,
    });
    const storages = Object.keys(lab.state.storages).flatMap((id) => {
      const used = storage(node, id);
      return gauges(`storage/${node}/${id}`, timestamp, {
        disk_total: STORAGE_BYTES,
        disk_used: used,
        disk_available: STORAGE_BYTES - used,
      });
    });
    return [...own, ...storages];
  });
}

function guestMetrics({ lab }: Call, wanted: (node: string) => boolean, timestamp: number): Metric[] {
  return Object.entries(lab.state.guests).flatMap(([vmid, guest]) => {
    const sample = wanted(guest.node) ? lab.status.last(Number(vmid)) : undefined;
    if (sample === undefined) return [];
    return sampleMetrics(`${guest.kind ?? "qemu"}/${vmid}`, timestamp, sample);
  });
}

function sampleMetrics(id: string, timestamp: number, sample: Sample): Metric[] {
  const { cpu, maxcpu, mem, maxmem, maxdisk, uptime } = sample;
  const counters = {
    net_in: sample.netin,
    net_out: sample.netout,
    disk_read: sample.diskread,
    disk_write: sample.diskwrite,
  };
  return [
    ...gauges(id, timestamp, {
      cpu_current: cpu,
      cpu_max: maxcpu,
      disk_total: maxdisk,
      disk_used: 0,
      mem_total: maxmem,
      mem_used: mem,
      uptime,
    }),
    ...Object.entries(counters).map(([metric, value]): Metric => ({ id, metric, timestamp, type: "derive", value })),
  ];
}

/** The last hour's minutes of what the archive keeps as plain levels. */
function history({ lab }: Call, wanted: (node: string) => boolean): Metric[] {
  return Object.entries(lab.state.guests).flatMap(([vmid, guest]) =>
    wanted(guest.node)
      ? lab.measurements
          .points(`guest/${vmid}`, "hour", false, Date.now())
          .filter((point) => point["maxcpu"] !== undefined)
          .flatMap((point) =>
            gauges(`${guest.kind ?? "qemu"}/${vmid}`, point.time, {
              cpu_current: point["cpu"] ?? 0,
              cpu_max: point["maxcpu"] ?? 0,
              mem_total: point["maxmem"] ?? 0,
              mem_used: point["mem"] ?? 0,
            }),
          )
      : [],
  );
}

function gauges(id: string, timestamp: number, values: Record<string, number>): Metric[] {
  return Object.entries(values).map(([metric, value]) => ({ id, metric, timestamp, type: "gauge", value }));
}
