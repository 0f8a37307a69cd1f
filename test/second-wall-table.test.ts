// The second wall, without the portal: every request of the lab's own table, by one tenant's token, on what is another's.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENDPOINTS } from "../lab/api/endpoints.ts";
import { CONTRACTS } from "../lab/contract/table.ts";
import type { Property } from "../lab/contract/table.ts";
import type { ChildTenantView, ServiceView } from "../worker/rules/views.ts";
import { lane } from "./harness/lane.ts";
import { labGuests, launched, newTenant } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { configOf, pve, token } from "./harness/pve.ts";
import type { Credential } from "./harness/pve.ts";
import { rows, site, vmidOf } from "./harness/site.ts";
import { backUp, snap } from "./harness/verb-requests.ts";
import { copier, done, labBackups, labSnapshots } from "./harness/verbs.ts";
import { workerCode } from "./harness/worker-code.ts";
import type { Sealing } from "./harness/worker-code.ts";

/** A tenant below a reseller of its own, with everything that a tenant can have on the cluster. */
interface Party {
  tenant: Tenant;
  service: ServiceView;
  credential: Credential;
  /** What stands for each part of a path. */
  ids: Record<string, string>;
  pool: string;
  volid: string;
  console: { port: number; ticket: string };
}

const NEVER = 98_765;
let ana: Party;
let bob: Party;
let sent = 0;

beforeAll(async () => {
  [ana, bob] = await Promise.all([party("wall-ana"), party("wall-bob")]);
}, 180_000);

afterAll(() => {
  process.stdout.write(`second wall: ${sent} requests on another tenant's guest, pool, tasks, backups and consoles\n`);
});

async function party(label: string): Promise<Party> {
  const [reseller, founder] = await Promise.all([copier(`${label}-reseller`), newTenant(site, label)]);
  const limits = { vcpu: 4, memoryMiB: 2_048, diskGiB: 20, services: 4, snapshots: 4, backups: 4, backupGiB: 20 };
  const draft = { name: label, ownerEmail: founder.email, limits };
  const { child } = await reseller.person.ok<{ child: ChildTenantView }>("POST", reseller.at("/children"), draft);
  const tenant: Tenant = { ...founder, id: child.id, at: (path) => `/api/tenants/${child.id}${path}` };
  const service = await launched(tenant);
  await done(tenant, snap(tenant, service.id, "kept"));
  await done(tenant, backUp(tenant, service.id));
  const [row] = rows("select * from identities where tenant_id = ?", tenant.id);
  const { open } = await workerCode<Sealing>("domain/sealing.ts");
  const { ENCRYPTION_KEY } = JSON.parse(readFileSync(lane.secretsFile, "utf8")) as { ENCRYPTION_KEY: string };
  const config = { ENCRYPTION_KEY, ENCRYPTION_KEY_ID: "k1", ENCRYPTION_KEYS_OLD: new Map<string, string>() };
  const place = `identity:${tenant.id}:${String(row?.["cluster_id"])}`;
  const secret = await open({ config, log: () => undefined }, place, String(row?.["token_secret_sealed"]));
  const tokenId = String(row?.["token_id"]);
  const credential = token(tokenId, secret);
  const vmid = vmidOf(service.id);
  const tasks = await pve<{ upid: string }[]>(credential, "GET", "/nodes/pve1/tasks", { source: "all" });
  const opened = await pve<{ port: number; ticket: string }>(credential, "POST", `/nodes/pve1/qemu/${vmid}/vncproxy`, {
    websocket: 1,
  });
  const volid = (await labBackups(vmid))[0]?.volid ?? "";
  expect([tasks.data.length > 0, opened.status, volid]).toEqual([true, 200, expect.stringContaining(`-${vmid}-`)]);
  return {
    tenant,
    service,
    credential,
    pool: String(row?.["pool"]),
    volid,
    console: opened.data,
    ids: {
      node: "pve1",
      vmid: String(vmid),
      snapname: "kept",
      userid: tokenId.split("!")[0] ?? "",
      tokenid: tokenId.split("!")[1] ?? "",
      upid: tasks.data[0]?.upid ?? "",
      storage: volid.split(":")[0] ?? "",
      volume: volid,
      poolid: String(row?.["pool"]),
      name: "any",
      cidr: "10.9.8.7",
      pos: "0",
    },
  };
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

/** What else a request must have, so that nothing but the right to it is missing. */
function needed(route: string): Record<string, string | number> {
  const { parameters } = CONTRACTS[route] ?? { parameters: {} };
  return Object.fromEntries(
    Object.entries(parameters)
      .filter(([name, property]) => property.optional !== 1 && !route.includes(`{${name}}`))
      .map(([name, property]) => [name, plausible(name, property)]),
  );
}

function plausible(name: string, property: Property): string | number {
  if (name === "newid") return NEVER;
  if (name === "target") return "pve1";
  if (name === "vncticket") return bob.console.ticket;
  if (name === "port") return bob.console.port;
  if (name === "size") return "4G";
  if (name === "disk") return "scsi0";
  if (property.enum) return property.enum[0] ?? "";
  if (property.type === "integer" || property.type === "number") return property.minimum ?? 1;
  return property.type === "boolean" ? 1 : "any-text";
}

async function ask(as: Credential, route: string, ids: Record<string, string>) {
  sent += 1;
  const [method = "GET", pattern = ""] = route.split(" ");
  const path = pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name] ?? "any"));
  const answer = await pve(as, method as Method, path, needed(route));
  const text = JSON.stringify([answer.message || answer.reason, answer.data ?? null]);
  return { status: answer.status, text };
}

const ROUTES = ENDPOINTS.map((endpoint) => endpoint.route);
const about = (part: string) => ROUTES.filter((route) => route.includes(`{${part}}`));

describe("a tenant's token and another tenant under another reseller", () => {
  const guestRoutes = about("vmid");

  it("gets of the other's guest what it gets of one that never was: a refusal, or a list that says nothing", async () => {
    const before = await everythingOf(bob);
    const wrong: string[] = [];
    let lists = 0;
    for (const route of guestRoutes) {
      const [foreign, never] = [
        await ask(ana.credential, route, bob.ids),
        await ask(ana.credential, route, { ...bob.ids, vmid: String(NEVER) }),
      ];
      const isAlike =
        foreign.status === never.status &&
        foreign.text.replaceAll(String(bob.ids.vmid), "N") === never.text.replaceAll(String(NEVER), "N");
      const isList = route.startsWith("GET ") && CONTRACTS[route]?.user === "all";
      if (isList) lists += 1;
      if (!isAlike || !(isList || foreign.status === 403)) wrong.push(`${route}: ${foreign.status} ${foreign.text}`);
    }
    expect(wrong).toEqual([]);
    // Directories of addresses (`GET …/status`), the same for every number.
    expect(lists).toBeLessThan(guestRoutes.length / 10);
    expect(await everythingOf(bob)).toEqual(before);
    process.stdout.write(`second wall: ${guestRoutes.length} routes of guests, ${lists} of them lists of addresses\n`);
  }, 120_000);

  it("reads, follows and ends none of the other's tasks", async () => {
    for (const route of about("upid").filter((name) => name !== "GET /nodes/{node}/tasks/{upid}")) {
      expect([route, (await ask(ana.credential, route, bob.ids)).status]).toEqual([route, 403]);
      if (!route.startsWith("DELETE")) expect((await ask(bob.credential, route, bob.ids)).status).toBe(200);
    }
    const listed = await pve<{ upid: string }[]>(ana.credential, "GET", "/nodes/pve1/tasks", { source: "all" });
    expect(listed.data.filter((row) => row.upid.includes(bob.ids.userid ?? "-"))).toEqual([]);
  });

  it("sees, reads, changes and removes none of the other's backups, and restores none", async () => {
    const attempts: [Method, string, Record<string, string | number>?][] = [
      ["GET", `/nodes/pve1/storage/${bob.ids.storage}/content/${bob.volid}`],
      ["PUT", `/nodes/pve1/storage/${bob.ids.storage}/content/${bob.volid}`, { protected: 1 }],
      ["DELETE", `/nodes/pve1/storage/${bob.ids.storage}/content/${bob.volid}`],
      ["GET", "/nodes/pve1/vzdump/extractconfig", { volume: bob.volid }],
      ["POST", "/nodes/pve1/qemu", { vmid: NEVER, archive: bob.volid, pool: ana.pool }],
      ["POST", "/nodes/pve1/qemu", { vmid: ana.ids.vmid ?? "", archive: bob.volid, force: 1 }],
      ["POST", "/nodes/pve1/vzdump", { vmid: bob.ids.vmid ?? "", storage: bob.ids.storage ?? "" }],
      ["DELETE", `/nodes/pve1/storage/${bob.ids.storage}/prunebackups`, { vmid: bob.ids.vmid ?? "", "keep-last": 0 }],
    ];
    const opened: string[] = [];
    for (const [method, path, params = {}] of attempts) {
      sent += 1;
      const answer = await pve<string>(ana.credential, method, path, params);
      if (answer.status < 400) opened.push(`${method} ${path}: ${await outcome(answer.data)}`);
    }
    // What is taken as a task is refused inside it.
    expect(opened.filter((line) => !/403|permission|Permission|OK, and nothing done/.test(line))).toEqual([]);
    const listed = await pve<{ volid: string }[]>(
      ana.credential,
      "GET",
      `/nodes/pve1/storage/${bob.ids.storage}/content`,
      { content: "backup" },
    );
    expect(listed.data.map((row) => row.volid)).toEqual([ana.volid]);
    expect((await labBackups(Number(bob.ids.vmid))).map((row) => [row.volid, row.protected])).toEqual([
      [bob.volid, undefined],
    ]);
    expect((await labGuests(site.controlUrl)).filter((guest) => guest.vmid === NEVER)).toEqual([]);
  });

  it("connects to no console that was opened for the other", async () => {
    const params = { port: bob.console.port, vncticket: bob.console.ticket };
    for (const vmid of [bob.ids.vmid, ana.ids.vmid]) {
      sent += 1;
      const answer = await pve(ana.credential, "GET", `/nodes/pve1/qemu/${vmid}/vncwebsocket`, params);
      expect([vmid, answer.status === 401 || answer.status === 403]).toEqual([vmid, true]);
    }
  });

  it("changes neither the other's pool nor the reseller's above it, nor users, tokens and rights", async () => {
    const above = bob.pool.split("/").slice(0, 2).join("/");
    const attempts: [Method, string, Record<string, string | number>?][] = [
      ["PUT", "/pools", { poolid: bob.pool, comment: "mine" }],
      ["PUT", "/pools", { poolid: above, vms: ana.ids.vmid ?? "", "allow-move": 1 }],
      ["PUT", "/pools", { poolid: ana.pool, vms: bob.ids.vmid ?? "", "allow-move": 1 }],
      ["DELETE", "/pools", { poolid: bob.pool }],
      ["DELETE", "/pools", { poolid: above }],
      ["POST", "/pools", { poolid: `${above}/more` }],
      ["PUT", "/access/acl", { path: `/pool/${bob.pool}`, users: ana.ids.userid ?? "", roles: "NubemoxTenant" }],
      ["PUT", "/access/acl", { path: `/pool/${above}`, users: ana.ids.userid ?? "", roles: "NubemoxTenant" }],
    ];
    for (const [method, path, params = {}] of attempts) {
      sent += 1;
      const answer = await pve(ana.credential, method, path, params);
      const isRefused = answer.status === 403 || /403 Permission check failed/.test(answer.message);
      expect([method, params, isRefused]).toEqual([method, params, true]);
    }
    for (const route of about("userid")) {
      const answer = await ask(ana.credential, route, bob.ids);
      expect([route, answer.status]).toEqual([route, 403]);
    }
    const pools = await pve<{ poolid: string }[]>(ana.credential, "GET", "/pools");
    expect(pools.data.map((row) => row.poolid)).toEqual([ana.pool]);
  });
});

/** How a task went that was begun all the same. */
async function outcome(upid: string): Promise<string> {
  if (typeof upid !== "string" || !upid.startsWith("UPID:")) return "done at once";
  const path = `/nodes/pve1/tasks/${encodeURIComponent(upid)}`;
  for (let tries = 0; tries < 200; tries += 1) {
    const { data } = await pve<{ status: string; exitstatus?: string }>(ana.credential, "GET", `${path}/status`);
    if (data?.status === "stopped") {
      const log = await pve<{ t: string }[]>(ana.credential, "GET", `${path}/log`);
      return `${data.exitstatus} ${log.data.map((line) => line.t).join(" ")}`;
    }
    await new Promise((wake) => setTimeout(wake, 50));
  }
  return "never ended";
}

/** What there is of a party on the cluster, as root sees it. */
async function everythingOf({ ids, volid }: Party) {
  const vmid = Number(ids.vmid);
  const guest = (await labGuests(site.controlUrl)).find((row) => row.vmid === vmid);
  return [
    guest,
    await configOf(vmid),
    await labSnapshots(vmid),
    (await labBackups(vmid)).map((row) => row.volid),
    volid,
  ];
}
