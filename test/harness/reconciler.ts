// The reconciler as its tests use it: one run, one repair, and the faults that it is to find.
import { DatabaseSync } from "node:sqlite";
import { expect } from "vitest";
import type { Person } from "../../lab/stack/person.ts";
import type { FindingsPage, FindingView } from "../../worker/rules/views-findings.ts";
import { pveTask, root } from "./pve.ts";
import { platformOperator, rows, site } from "./site.ts";

let signedIn: Promise<Person> | undefined;

/** Somebody who runs the platform. */
export function operator(): Promise<Person> {
  signedIn ??= platformOperator();
  return signedIn;
}

/** One run; answers what it found about a subject, whether it waits or was put right at once. */
export async function found(subject: string): Promise<FindingView[]> {
  const page = await (await operator()).ok<FindingsPage>("POST", "/api/operator/reconcile", {});
  expect(page.runs.map((run) => [run.cluster.name, typeof run.at])).toEqual([["Lab", "number"]]);
  return page.findings.filter((row) => row.subject === subject);
}

export async function repair(finding: FindingView | undefined, name: string, confirm?: string) {
  return (await operator()).send<{ finding: FindingView; code?: string }>(
    "POST",
    `/api/operator/findings/${finding?.id}/repair`,
    {
      repair: name,
      ...(confirm === undefined ? {} : { confirm }),
    },
  );
}

/** Changes what the database itself would refuse: as a hand in the file, or a fault of the portal's, would. */
export function tamper(sql: string, triggers: string[]): void {
  const database = new DatabaseSync(site.databaseFile);
  try {
    database.exec("pragma busy_timeout = 5000; pragma foreign_keys = on");
    const kept = triggers.map(
      (name) =>
        database.prepare("select sql from sqlite_master where type = 'trigger' and name = ?").get(name)?.["sql"],
    );
    expect(kept.every(Boolean)).toBe(true);
    for (const name of triggers) database.exec(`drop trigger ${name}`);
    database.exec(sql);
    for (const text of kept) database.exec(String(text));
  } finally {
    database.close();
  }
}

export async function removeBehindThePortal(vmid: number): Promise<void> {
  const as = await root();
  await pveTask(as, "POST", `/nodes/pve1/qemu/${vmid}/status/stop`);
  expect(await pveTask(as, "DELETE", `/nodes/pve1/qemu/${vmid}`)).toBe("OK");
}

/** What a service of the tests takes. */
export const PLAIN = { vcpu: 1, memoryMiB: 128, diskGiB: 2, services: 1 };

/** What stands in a chain of the audit of one action. */
export function audited(chain: string, action: string) {
  return rows("select * from audit_entries where chain = ? and action = ? order by seq", chain, action);
}
