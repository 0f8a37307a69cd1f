// Bad weather over services that are there: deleting, starting and stopping come about, or fail and leave all as it was.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Accepted, OperationView, ServiceView } from "../worker/rules/views.ts";
import { clearFaults, ended, fault, launched, serviceOf } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { expectHonestLedger, guestOf, site, vmidOf } from "./harness/site.ts";
import { booted } from "./harness/pve.ts";
import { inLanes } from "./harness/in-lanes.ts";
import { FAULTS, remains, roomyTenant, tell } from "./harness/weather.ts";

interface Told {
  status: string;
  code: string | null;
  seconds: number;
}

let tenant: Tenant;
const told: [string, Told][] = [];
const CALLS = {
  stop: { method: "POST", path: "/status/stop$" },
  start: { method: "POST", path: "/status/start$" },
  reboot: { method: "POST", path: "/status/reboot$" },
  remove: { method: "DELETE", path: "$" },
} as const;
const FAULT_NAMES = Object.keys(FAULTS);

/** A guest that hears no power button is given a minute, so that is waited for beside all else. */
let ignored: Promise<[OperationView, OperationView]>;

beforeAll(async () => {
  tenant = await roomyTenant("weather-power");
  ignored = deafGuest();
});

async function deafGuest(): Promise<[OperationView, OperationView]> {
  const [first, second] = await Promise.all([launched(tenant), launched(tenant)]);
  for (const service of [first, second]) await fault(site.controlUrl, { kind: "guest-deaf", vmid: vmidOf(service.id) });
  return Promise.all([act(first, "reboot", "the guest is deaf"), act(second, "shutdown", "the guest is deaf")]);
}

afterEach(expectHonestLedger);

afterAll(async () => {
  await clearFaults(site.controlUrl);
  tell("power and deletion in bad weather: action, fault, outcome", told);
});

function arm(
  service: ServiceView,
  call: keyof typeof CALLS,
  name: string,
  times?: number,
): Promise<() => Promise<void>> {
  const { method, path } = CALLS[call];
  const rule = { ...FAULTS[name]?.rule, method, path: `/qemu/${vmidOf(service.id)}${path}` };
  return fault(site.controlUrl, times === undefined ? rule : { ...rule, times });
}

async function act(
  service: ServiceView,
  action: "start" | "stop" | "shutdown" | "reboot" | "delete",
  what: string,
): Promise<OperationView> {
  const startedAt = performance.now();
  const at = tenant.at(`/services/${service.id}`);
  const accepted =
    action === "delete"
      ? await tenant.person.ok<Accepted>("DELETE", `${at}?confirm=${service.name}`)
      : await tenant.person.ok<Accepted>("POST", `${at}/power`, { action });
  const end = await ended(tenant, accepted.operation.id, 100_000);
  told.push([
    `${action}: ${what}`,
    { status: end.status, code: end.error?.code ?? null, seconds: (performance.now() - startedAt) / 1_000 },
  ]);
  return end;
}

describe("once", () => {
  it("holds up stopping, starting and deleting, and no more", async () => {
    const ends: [string, string][] = [];
    await inLanes(4, FAULT_NAMES, async (name) => {
      const service = await launched(tenant);
      for (const [call, action] of [
        ["stop", "stop"],
        ["start", "start"],
        ["reboot", "reboot"],
        ["remove", "delete"],
      ] as const) {
        // Before that it would not hear its power button.
        if (call === "reboot") await booted(vmidOf(service.id));
        await arm(service, call, name, 1);
        ends.push([`${action}: ${name}`, (await act(service, action, `${name}, once`)).status]);
      }
      expect(await remains(service.id)).toEqual({ guests: 0, disks: 0, charges: 0 });
    });
    expect(ends.filter(([, status]) => status !== "succeeded")).toEqual([]);
    expect(ends).toHaveLength(4 * FAULT_NAMES.length);
  }, 150_000);
});

describe("for ever", () => {
  it("makes an action fail in plain words, the service free and its charge in place, until the weather is better", async () => {
    await inLanes(3, ["answers 500", "answers 595", "cut before the work"], async (name) => {
      const service = await launched(tenant);
      const code = name === "answers 500" ? "cluster_refused" : "cluster_unreachable";
      for (const [call, action] of [
        ["stop", "stop"],
        ["remove", "delete"],
      ] as const) {
        const calm = await arm(service, call, name);
        const end = await act(service, action, `${name}, for ever`);
        expect([action, end.status, end.error?.code]).toEqual([action, "failed", code]);
        expect(await serviceOf(tenant, service.id)).toMatchObject({ state: "ready", operationId: null });
        expect(await remains(service.id)).toMatchObject({ guests: 1, charges: 4 });
        await calm();
      }
      expect((await act(service, "start", "fair weather")).status).toBe("succeeded");
      expect((await guestOf(service.id))?.status).toBe("running");
      expect((await act(service, "delete", "fair weather")).status).toBe("succeeded");
      expect(await remains(service.id)).toEqual({ guests: 0, disks: 0, charges: 0 });
    });
  }, 150_000);

  it("that is only an answer's changes nothing: what is done is seen", async () => {
    await inLanes(2, ["answers 596, work done", "cut after the work"], async (name) => {
      const service = await launched(tenant);
      for (const [call, action] of [
        ["stop", "stop"],
        ["remove", "delete"],
      ] as const) {
        const calm = await arm(service, call, name);
        expect((await act(service, action, `${name}, for ever`)).status).toBe("succeeded");
        await calm();
      }
      expect(await remains(service.id)).toEqual({ guests: 0, disks: 0, charges: 0 });
    });
  }, 150_000);
});

describe("a guest that does not hear its power button", () => {
  it("is told as such, be it rebooted or shut down", async () => {
    for (const end of await ignored) {
      expect([end.kind, end.status, end.error?.code]).toEqual([end.kind, "failed", "shutdown_ignored"]);
      expect(await serviceOf(tenant, end.serviceId)).toMatchObject({ state: "ready", operationId: null });
    }
  }, 90_000);
});
