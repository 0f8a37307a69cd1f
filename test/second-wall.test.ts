// The second wall: with the portal out of the way, a tenant's own credential on Proxmox VE still opens nothing of another's.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { ServiceView } from "../worker/rules/views.ts";
import { lane } from "./harness/lane.ts";
import { launched, newTenant } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { configOf, pve, pveTask, token } from "./harness/pve.ts";
import type { Credential } from "./harness/pve.ts";
import { guestOf, rows, site, vmidOf } from "./harness/site.ts";
import { workerCode } from "./harness/worker-code.ts";
import type { Sealing } from "./harness/worker-code.ts";

interface Party {
  tenant: Tenant;
  service: ServiceView;
  vmid: number;
  pool: string;
  credential: Credential;
  secret: string;
}

let ana: Party;
let bob: Party;

beforeAll(async () => {
  [ana, bob] = await Promise.all([party("wall-a"), party("wall-b")]);
});

async function party(label: string): Promise<Party> {
  const tenant = await newTenant(site, label);
  const service = await launched(tenant);
  const [row] = rows("select * from identities where tenant_id = ?", tenant.id);
  const sealed = String(row?.["token_secret_sealed"]);
  const { ENCRYPTION_KEY } = JSON.parse(readFileSync(lane.secretsFile, "utf8")) as { ENCRYPTION_KEY: string };
  const { open } = await workerCode<Sealing>("domain/sealing.ts");
  const config = { ENCRYPTION_KEY, ENCRYPTION_KEY_ID: "k1", ENCRYPTION_KEYS_OLD: new Map<string, string>() };
  const deps = { config, log: () => undefined };
  const secret = await open(deps, `identity:${tenant.id}:${String(row?.["cluster_id"])}`, sealed);
  const credential = token(String(row?.["token_id"]), secret);
  return { tenant, service, vmid: vmidOf(service.id), pool: String(row?.["pool"]), credential, secret };
}

const at = (party: Party, rest: string) => `/nodes/pve1/qemu/${party.vmid}${rest}`;

describe("a tenant's token", () => {
  it("is one's own, and stands nowhere in the database in the clear", () => {
    expect(ana.secret).not.toBe(bob.secret);
    const whole = JSON.stringify([
      rows("select * from identities"),
      rows("select * from clusters"),
      rows("select facts from operations"),
    ]);
    for (const { secret } of [ana, bob]) expect(whole).not.toContain(secret);
  });

  it("does with the tenant's own guest what the portal does with it", async () => {
    expect((await pve<{ status: string }>(ana.credential, "GET", at(ana, "/status/current"))).data.status).toBe(
      "running",
    );
    expect((await pve(ana.credential, "GET", at(ana, "/config"))).status).toBe(200);
    expect((await pve(ana.credential, "POST", at(ana, "/vncproxy"), { websocket: 1 })).status).toBe(200);
    expect(await pveTask(ana.credential, "POST", at(ana, "/status/stop"))).toBe("OK");
    expect(await pveTask(ana.credential, "POST", at(ana, "/status/start"))).toBe("OK");
  });

  it.each<["GET" | "POST" | "PUT" | "DELETE", string, string, Record<string, string | number>]>([
    ["GET", "/status/current", "VM.Audit", {}],
    ["GET", "/config", "VM.Audit", {}],
    ["GET", "/pending", "VM.Audit", {}],
    ["POST", "/status/start", "VM.PowerMgmt", {}],
    ["POST", "/status/stop", "VM.PowerMgmt", {}],
    ["POST", "/status/shutdown", "VM.PowerMgmt", {}],
    ["POST", "/status/reboot", "VM.PowerMgmt", {}],
    ["POST", "/vncproxy", "VM.Console", { websocket: 1 }],
    ["POST", "/termproxy", "VM.Console", {}],
    ["GET", "/vncwebsocket", "VM.Console", { port: 5_900, vncticket: "PVEVNC:00000000::x" }],
    ["DELETE", "", "VM.Allocate", {}],
    ["PUT", "/resize", "VM.Config.Disk", { disk: "scsi0", size: "20G" }],
  ])("is refused with another's guest: %s %s", async (method, rest, privilege, params) => {
    const answer = await pve(ana.credential, method, at(bob, rest), params);
    const text = `Permission check failed (/vms/${bob.vmid}, ${privilege})`;
    expect([answer.status, answer.message || answer.reason]).toEqual([403, text]);
    expect((await guestOf(bob.service.id))?.status).toBe("running");
  });

  it("does not read what another's agent says, nor write another's configuration", async () => {
    const agent = await pve(ana.credential, "GET", at(bob, "/agent/network-get-interfaces"));
    expect([agent.status, agent.message]).toMatchObject([
      403,
      expect.stringContaining(`Permission check failed (/vms/${bob.vmid}, VM.GuestAgent`),
    ]);
    const before = await configOf(bob.vmid);
    for (const method of ["PUT", "POST"] as const) {
      const answer = await pve(ana.credential, method, at(bob, "/config"), { description: "mine" });
      expect([answer.status, answer.message]).toMatchObject([
        403,
        expect.stringContaining(`Permission check failed (/vms/${bob.vmid}, `),
      ]);
    }
    expect(await configOf(bob.vmid)).toEqual(before);
  });

  it("answers of a guest that never was as of another's", async () => {
    const never = await pve(ana.credential, "GET", "/nodes/pve1/qemu/98765/config");
    expect([never.status, never.message]).toEqual([403, "Permission check failed (/vms/98765, VM.Audit)"]);
  });

  it("sees its own guests in the lists, and no others", async () => {
    const seen = await pve<{ vmid: number }[]>(ana.credential, "GET", "/cluster/resources", { type: "vm" });
    expect(seen.data.map((row) => row.vmid)).toEqual([ana.vmid]);
    const listed = await pve<{ vmid: number }[]>(ana.credential, "GET", "/nodes/pve1/qemu");
    expect(listed.data.map((row) => row.vmid)).toEqual([ana.vmid]);
    const pools = await pve<{ poolid: string }[]>(ana.credential, "GET", "/pools");
    expect(pools.data.map((row) => row.poolid)).not.toContain(bob.pool);
  });

  it("makes nothing: no guest, no clone, no pool, no user, no token, no right", async () => {
    const bobs = `t-${bob.tenant.id.slice(4)}@pve`;
    const anas = `t-${ana.tenant.id.slice(4)}@pve`;
    const attempts: [("GET" | "POST" | "PUT" | "DELETE")?, string?, Record<string, string | number>?][] = [
      ["POST", "/nodes/pve1/qemu", { vmid: 98_001, pool: ana.pool, memory: 128 }],
      ["POST", "/nodes/pve1/qemu/9000/clone", { newid: 98_002, pool: ana.pool }],
      ["POST", at(ana, "/clone"), { newid: 98_003, pool: ana.pool }],
      ["POST", "/pools", { poolid: `${ana.pool}/more` }],
      ["PUT", "/pools", { poolid: ana.pool, vms: bob.vmid, "allow-move": 1 }],
      ["POST", "/access/users", { userid: "more@pve" }],
      ["POST", `/access/users/${bobs}/token/more`, { privsep: 0 }],
      ["PUT", `/access/users/${bobs}/token/portal`, { regenerate: 1 }],
      ["PUT", "/access/acl", { path: `/vms/${bob.vmid}`, users: anas, roles: "NubemoxTenant" }],
      ["PUT", "/access/acl", { path: `/pool/${ana.pool}`, users: anas, roles: "PVEVMAdmin" }],
      ["DELETE", at(ana, ""), {}],
    ];
    const allowed: string[] = [];
    for (const [method = "GET", path = "", params = {}] of attempts) {
      const answer = await pve(ana.credential, method, path, params);
      // Some refusals come out of a lock, wrapped in a 500.
      const isRefused =
        answer.status === 403 || (answer.status === 500 && answer.message.includes("403 Permission check failed"));
      if (!isRefused) allowed.push(`${method} ${path}: ${answer.status} ${answer.message}`);
    }
    expect(allowed).toEqual([]);
    expect((await guestOf(ana.service.id))?.pool).toBe(ana.pool);
    expect((await guestOf(bob.service.id))?.pool).toBe(bob.pool);
  });

  it("changes of its own guest's configuration only what its role names", async () => {
    const changes: [string, string | number][] = [
      ["memory", 4_096],
      ["cores", 8],
      ["net0", "virtio,bridge=vmbr1"],
      ["scsi1", "local-lvm:10"],
      ["ciuser", "root"],
      ["vga", "std"],
    ];
    const refused: string[] = [];
    for (const [name, value] of changes) {
      const answer = await pve(ana.credential, "PUT", at(ana, "/config"), { [name]: value });
      if (answer.status === 403) refused.push(name);
    }
    expect(refused).toEqual(["memory", "cores", "net0", "scsi1", "ciuser", "vga"]);
    const resize = await pve(ana.credential, "PUT", at(ana, "/resize"), { disk: "scsi0", size: "20G" });
    expect([resize.status, resize.message]).toEqual([
      403,
      `Permission check failed (/vms/${ana.vmid}, VM.Config.Disk)`,
    ]);
  });
});
