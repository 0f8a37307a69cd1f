// What the emulator tells of a running guest's devices: counters of each drive, and the memory balloon.
import { drivesOf } from "../machines/drives.ts";

/** Counters that stay at nothing here: the lab's emulator is not asked for them. */
const IDLE_COUNTERS = [
  ...["failed", "invalid"].flatMap((prefix) =>
    ["flush", "rd", "unmap", "wr", "zone_append"].map((verb) => `${prefix}_${verb}_operations`),
  ),
  ...["rd", "unmap", "wr", "zone_append"].map((verb) => `${verb}_merged`),
  ...["flush", "unmap", "zone_append"].flatMap((verb) => [`${verb}_operations`, `${verb}_total_time_ns`]),
  "unmap_bytes",
  "zone_append_bytes",
  "wr_highest_offset",
  "rd_total_time_ns",
  "wr_total_time_ns",
];
/** An operation's size where only the bytes are known. */
const OPERATION_BYTES = 4_096;
/** A guest's own drivers answer from this uptime on. */
const DRIVERS_UP_SECONDS = 3;
/** What firmware and kernel keep of the memory for themselves. */
const RESERVED_SHARE = 0.12;

const IDLE_NS = 1_000_000_000;

interface Traffic {
  uptime: number;
  diskread: number;
  diskwrite: number;
}

/** `blockstat`: the counters since power-on by drive; what the guest read and wrote is counted on its first disk. */
export function blockStatistics(config: Record<string, string>, traffic: Traffic): Record<string, unknown> {
  const drives = drivesOf(config);
  const first = drives.find(([, drive]) => drive.options["media"] !== "cdrom")?.[0];
  return Object.fromEntries(
    drives.map(([slot]): [string, unknown] => [
      slot,
      driveStatistics(slot === first ? traffic : { ...traffic, diskread: 0, diskwrite: 0 }),
    ]),
  );
}

function driveStatistics({ uptime, diskread, diskwrite }: Traffic): Record<string, unknown> {
  return {
    ...Object.fromEntries(IDLE_COUNTERS.map((name) => [name, 0])),
    rd_bytes: diskread,
    rd_operations: Math.ceil(diskread / OPERATION_BYTES),
    wr_bytes: diskwrite,
    wr_operations: Math.ceil(diskwrite / OPERATION_BYTES),
    // Told only of drives that were used and then rested.
    ...(diskread > 0 && uptime >= DRIVERS_UP_SECONDS ? { idle_time_ns: IDLE_NS } : {}),
    account_failed: true,
    account_invalid: true,
    timed_stats: [],
  };
}

/** `balloon`, `ballooninfo` and `freemem`; the guest's own view is there only once its drivers (`hasDrivers`) are up. */
export function balloonFigures(
  figures: { maxmem: number; mem: number; uptime: number },
  hasDrivers: boolean,
): Record<string, unknown> {
  const { maxmem, mem, uptime } = figures;
  const info: Record<string, number> = { actual: maxmem, max_mem: maxmem };
  if (!hasDrivers || uptime < DRIVERS_UP_SECONDS) return { balloon: maxmem, ballooninfo: info };
  const total = Math.round(maxmem * (1 - RESERVED_SHARE));
  const free = Math.max(0, total - mem);
  return {
    balloon: maxmem,
    freemem: free,
    ballooninfo: {
      ...info,
      total_mem: total,
      free_mem: free,
      last_update: Math.floor(Date.now() / 1_000),
      major_page_faults: 0,
      minor_page_faults: 0,
      mem_swapped_in: 0,
      mem_swapped_out: 0,
    },
  };
}
