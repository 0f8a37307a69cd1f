// The reconciler by itself: it comes round without being asked, and finds what a cluster has lost; disks without a guest.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { FindingsPage, FindingView } from "../worker/rules/views-findings.ts";
import { labDisks, labGuests, launched, ledgerFaults, newTenant, pause, used } from "./harness/portal.ts";
import type { Site, Tenant } from "./harness/portal.ts";
import { startTestStack } from "./harness/shared.ts";
import type { TestStack } from "./harness/shared.ts";

let test: TestStack;
let site: Site;
let tenant: Tenant;

beforeAll(async () => {
  test = await startTestStack({ vars: { RECONCILE_PERIOD_MS: "2000" } });
  site = { origin: test.stack.origin, controlUrl: test.stack.lab.controlUrl, databaseFile: test.stack.databaseFile() };
  tenant = await newTenant(site, "periodic");
}, 120_000);

afterAll(() => test.remove());

interface LabFile {
  guests: Record<string, { config: Record<string, string>; poweredOn: boolean }>;
  acl: { path: string; ugid: string; roleid: string; type: string; propagate: number }[];
}

/** Changes the cluster's state while it is off: what a crash of a node, or a hand in its files, may leave behind. */
async function whileLabIsOff(change: (state: LabFile) => void): Promise<void> {
  await test.stack.stopLab();
  const file = join(dirname(test.stack.secretsFile), "lab/lab.json");
  const state = JSON.parse(readFileSync(file, "utf8")) as LabFile;
  change(state);
  writeFileSync(file, JSON.stringify(state));
  await test.stack.startLab();
}

/** Waits until the rounds have told of something, without asking for one. */
async function told(kind: string, status = "offered"): Promise<FindingView[]> {
  for (let tries = 0; tries < 150; tries += 1) {
    const { findings } = await test.operator.ok<FindingsPage>("GET", `/api/operator/findings?status=${status}`);
    const rows = findings.filter((row) => row.kind === kind);
    if (rows.length > 0) return rows;
    await pause(200);
  }
  throw new Error(`nothing was told of ${kind}`);
}

it("finds by itself that a guest is gone, and the disks that it has left where it may see them", async () => {
  const service = await launched(tenant);
  const guest = (await labGuests(site.controlUrl)).find((row) => row.description.includes(service.id));
  const vmid = guest?.vmid ?? 0;
  await whileLabIsOff((state) => {
    delete state.guests[vmid];
    state.acl.push({
      path: "/storage/local-lvm",
      type: "user",
      ugid: "nubemox@pve",
      roleid: "NubemoxBackups",
      propagate: 1,
    });
  });
  const left = (await labDisks(site.controlUrl)).filter((disk) => disk.vmid === vmid);
  expect(left.length).toBeGreaterThan(0);
  const [missing] = await told("guest_missing");
  expect(missing).toMatchObject({ service: { id: service.id }, repairs: ["write_off"] });
  // The disks of a service that is not given up yet are not orphans.
  expect(
    (await test.operator.ok<FindingsPage>("POST", "/api/operator/reconcile", {})).findings.map((row) => row.kind),
  ).toEqual(["guest_missing"]);
  await test.operator.ok("POST", `/api/operator/findings/${missing?.id}/repair`, { repair: "write_off" });
  const orphans = await told("disk_orphaned");
  const page = await test.operator.ok<FindingsPage>("POST", "/api/operator/reconcile", {});
  expect(page.runs[0]?.skipped).toEqual([]);
  const found = page.findings.filter((row) => row.kind === "disk_orphaned");
  expect(found.map((row) => row.subject).toSorted()).toEqual(left.map((disk) => disk.volid).toSorted());
  expect(orphans[0]).toMatchObject({ repairs: ["remove_disk"], service: { id: service.id }, details: { vmid } });
  for (const orphan of found) {
    const path = `/api/operator/findings/${orphan.id}/repair`;
    expect((await test.operator.send("POST", path, { repair: "remove_disk" })).status).toBe(409);
    await test.operator.ok("POST", path, { repair: "remove_disk", confirm: orphan.subject });
  }
  expect((await labDisks(site.controlUrl)).filter((disk) => disk.vmid === vmid)).toEqual([]);
  // Templates' disks, which are nobody's guests either, were never in question.
  const { findings } = await test.operator.ok<FindingsPage>("POST", "/api/operator/reconcile", {});
  expect(findings).toEqual([]);
  expect((await used(tenant)).services).toBe(0);
  expect(ledgerFaults(site.databaseFile)).toEqual([]);
}, 120_000);
