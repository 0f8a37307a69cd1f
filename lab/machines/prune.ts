// Which backups a retention rule such as `keep-last=3,keep-daily=7` keeps.

export interface Backup {
  volid: string;
  /** Seconds since the epoch. */
  createdAt: number;
  protected: boolean;
}

export type Mark = "keep" | "remove" | "protected";

/** What the rule does with each backup of one guest: newest first, one per period until the period's count is full. */
export function marksOf(rule: string, backups: readonly Backup[]): Map<string, Mark> {
  const counts = parseRule(rule);
  const open = backups.filter((backup) => !backup.protected).sort((left, right) => right.createdAt - left.createdAt);
  const marks = new Map<string, Mark>(backups.map(({ volid }) => [volid, "protected"]));
  const keepAll = counts["keep-all"] === 1 || Object.values(counts).every((count) => count === 0);
  for (const { volid } of open) marks.set(volid, keepAll ? "keep" : "remove");
  if (keepAll) return marks;
  for (const [name, periodOf] of PERIODS) {
    const limit = counts[name] ?? 0;
    // A period that an earlier rule already keeps a backup of is not counted again.
    const kept = new Set(open.filter(({ volid }) => marks.get(volid) === "keep").map(periodOf));
    const fresh = new Set<string>();
    for (const backup of open) {
      const period = periodOf(backup);
      if (marks.get(backup.volid) === "keep" || kept.has(period) || fresh.has(period) || fresh.size >= limit) continue;
      fresh.add(period);
      marks.set(backup.volid, "keep");
    }
  }
  return marks;
}

type Period = (backup: Backup) => string;

const DAY_MS = 86_400_000;
const iso = ({ createdAt }: Backup, length: number): string =>
  new Date(createdAt * 1_000).toISOString().slice(0, length);
/** Rules in the order in which they are applied. */
const PERIODS: [name: string, period: Period][] = [
  ["keep-last", ({ volid }) => volid],
  ["keep-hourly", (backup) => iso(backup, 13)],
  ["keep-daily", (backup) => iso(backup, 10)],
  // The epoch began on a Thursday, weeks begin on Mondays.
  ["keep-weekly", ({ createdAt }) => String(Math.floor((createdAt * 1_000 + 3 * DAY_MS) / (7 * DAY_MS)))],
  ["keep-monthly", (backup) => iso(backup, 7)],
  ["keep-yearly", (backup) => iso(backup, 4)],
];

function parseRule(rule: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const part of rule.split(",")) {
    const [name = "", count = ""] = part.split("=");
    counts[name.trim()] = Number(count);
  }
  return counts;
}
