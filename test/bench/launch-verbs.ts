// Every verb once on a service of its own, alone: its time over its tasks' time, and how often it asks Proxmox VE.
import { launch } from "../harness/portal.ts";
import type { Site, Tenant } from "../harness/portal.ts";
import {
  backUp,
  backupsOf,
  clone,
  dropBackup,
  power,
  remove,
  resize,
  restore,
  rollBack,
  snap,
  snapshotsOf,
  unsnap,
} from "../harness/verb-requests.ts";
import type { Asked } from "../harness/verb-requests.ts";
import { measured, sum } from "./launch-measure.ts";
import { round, table } from "./measure.ts";
import type { Bench } from "./measure.ts";

/**
 * The most calls to Proxmox VE that a verb may take with the tasks of the lab: what it takes, and two or three more looks at
 * a task, or at a guest that boots, on a busy machine.
 */
const LIMITS: Record<string, number> = {
  launch: 20,
  shutdown: 10,
  start: 9,
  reboot: 12,
  resize: 18,
  stop: 8,
  snapshot: 6,
  rollback: 10,
  snapshot_delete: 6,
  clone: 22,
  backup: 11,
  restore: 15,
  backup_delete: 7,
  delete: 11,
  "launch, container": 17,
  "delete, container": 15,
};

export async function verbCalls(bench: Bench, site: Site, tenant: Tenant, container: string): Promise<void> {
  bench.say("every verb, one after the other …");
  const rows: string[][] = [];
  const figures: Record<string, { calls: number; totalMs: number; tasksMs: number }> = {};
  const go = async (name: string, ask: () => Promise<Asked>): Promise<{ id: string; name: string }> => {
    const run = await measured(site, tenant, ask);
    const calls = sum(Object.values(run.calls));
    const looks = run.calls["GET /nodes/{node}/tasks/{upid}/status"] ?? 0;
    rows.push([name, `${calls}`, `${looks}`, `${round(run.totalMs, 0)}`, `${round(run.tasksMs, 0)}`]);
    figures[name] = { calls, totalMs: run.totalMs, tasksMs: run.tasksMs };
    return { id: run.operation.serviceId, name: run.operation.serviceName };
  };

  const vm = await go("launch", () => launch(tenant));
  await go("shutdown", () => power(tenant, vm.id, "shutdown"));
  await go("start", () => power(tenant, vm.id, "start"));
  await go("reboot", () => power(tenant, vm.id, "reboot"));
  await go("resize", () => resize(tenant, vm.id, { cores: 1, memoryMiB: 256, diskGiB: 3 }));
  await go("stop", () => power(tenant, vm.id, "stop"));
  await go("snapshot", () => snap(tenant, vm.id, "one"));
  const [snapshot] = await snapshotsOf(tenant, vm.id);
  await go("rollback", () => rollBack(tenant, vm.id, snapshot?.id ?? ""));
  await go("snapshot_delete", () => unsnap(tenant, vm.id, snapshot?.id ?? ""));
  const copy = await go("clone", () => clone(tenant, vm.id, `${vm.name}-copy`));
  await go("backup", () => backUp(tenant, vm.id));
  const [backup] = await backupsOf(tenant);
  const again = await go("restore", () => restore(tenant, backup?.id ?? "", `${vm.name}-again`));
  await go("backup_delete", () => dropBackup(tenant, backup?.id ?? ""));
  await go("delete", () => remove(tenant, vm));
  for (const left of [copy, again]) await measured(site, tenant, () => remove(tenant, left));
  const box = await go("launch, container", () => launch(tenant, { templateId: container }));
  await go("delete, container", () => remove(tenant, box));

  bench.say(table(["verb", "calls", "looks at tasks among them", "ms", "ms of tasks"], rows));
  for (const [name, { calls }] of Object.entries(figures)) {
    const limit = LIMITS[name] ?? 0;
    bench.claim(`${name} asks Proxmox VE at most ${limit} times (${calls})`, calls <= limit);
  }
  Object.assign(bench.figures, { verbs: figures });
}
