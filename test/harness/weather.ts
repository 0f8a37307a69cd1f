// Bad weather: one launch under one fault of the lab, and everything that can be seen of it afterwards.
import type { Accepted, OperationView } from "../../worker/rules/views.ts";
import { ended, fault, labDisks, labGuests, launchBody, pause } from "./portal.ts";
import type { Tenant } from "./portal.ts";
import { rows, site, tenantWith, vmidOf } from "./site.ts";

/** What the lab does to a call; `leavesWork`: the call has its effect all the same. */
export const FAULTS: Record<string, { rule: Record<string, unknown>; leavesWork: boolean }> = {
  "answers 500": { rule: { kind: "status", status: 500, reason: "internal error" }, leavesWork: false },
  "answers 595": { rule: { kind: "status", status: 595 }, leavesWork: false },
  "answers 596": { rule: { kind: "status", status: 596 }, leavesWork: false },
  "answers 596, work done": { rule: { kind: "status", status: 596, done: true }, leavesWork: true },
  "cut before the work": { rule: { kind: "drop-before" }, leavesWork: false },
  "cut after the work": { rule: { kind: "drop-after" }, leavesWork: true },
  "slower than we wait": { rule: { kind: "latency", ms: 4_000 }, leavesWork: true },
};

/** Calls of a launch that change something, by the step that sends them; the path is that of the guest or its template. */
export const CALLS = {
  clone: { method: "POST", path: (vmid: number) => `/qemu/${vmid}/clone$` },
  configure: { method: "POST", path: (vmid: number) => `/qemu/${vmid}/config$` },
  disk: { method: "PUT", path: (vmid: number) => `/qemu/${vmid}/resize$` },
  start: { method: "POST", path: (vmid: number) => `/qemu/${vmid}/status/start$` },
} as const;

export interface Outcome {
  status: OperationView["status"];
  code: string | null;
  step: string | null;
  /** State of the service when the operation had ended. */
  state: string;
  /** What was left in the lab under the service's number, and in the ledger under its id. */
  guests: number;
  disks: number;
  charges: number;
  /** How a retry without the fault ended; null where none was offered or asked for. */
  retried: string | null;
  seconds: number;
}

/** A tenant with room for many. */
export function roomyTenant(label: string): Promise<Tenant> {
  return tenantWith(label, { vcpu: 200, memoryMiB: 50_000, diskGiB: 1_000, services: 200 });
}

/** Launches; `arm` switches the fault on as soon as the service's number is known (or before, where it needs none). */
export async function launchUnder(
  tenant: Tenant,
  templateId: string,
  arm: (vmid: number) => Promise<() => Promise<void>>,
  when: "before" | "numbered",
  retries = false,
): Promise<Outcome & { serviceId: string }> {
  const startedAt = performance.now();
  let calm = when === "before" ? await arm(0) : async () => undefined;
  const accepted = await tenant.person.ok<Accepted>(
    "POST",
    tenant.at("/services"),
    await launchBody(tenant, { templateId }),
  );
  const { service, operation } = accepted;
  if (when === "numbered") calm = await arm(await numberOf(service.id));
  const end = await ended(tenant, operation.id, 150_000);
  await calm();
  const outcome = {
    ...observe(end, service.id),
    ...(await remains(service.id)),
    seconds: (performance.now() - startedAt) / 1_000,
  };
  return { ...outcome, serviceId: service.id, retried: retries ? await retried(tenant, end) : null };
}

/** Switches a fault on for one call of one guest. */
export function strike(
  name: string,
  call: keyof typeof CALLS,
  vmid: number,
  times: number | undefined,
): Promise<() => Promise<void>> {
  const { method, path } = CALLS[call];
  return fault(site.controlUrl, {
    ...FAULTS[name]?.rule,
    method,
    path: path(vmid),
    ...(times === undefined ? {} : { times }),
  });
}

/** Guests and disks in the lab under a service's number, charges in the ledger under its id. */
export async function remains(serviceId: string): Promise<{ guests: number; disks: number; charges: number }> {
  const vmid = vmidOf(serviceId);
  const [guests, disks] = await Promise.all([labGuests(site.controlUrl), labDisks(site.controlUrl)]);
  return {
    guests: guests.filter((guest) => guest.description.includes(serviceId) || guest.vmid === vmid).length,
    disks: disks.filter((disk) => disk.vmid === vmid).length,
    charges: rows("select id from charges where service_id = ?", serviceId).length,
  };
}

/** A table of outcomes, one line a case, for a person to read. */
export function tell(
  title: string,
  lines: [string, { status: string; code: string | null; seconds: number; retried?: string | null }][],
): void {
  const text = lines.map(([name, outcome]) => {
    const told = [outcome.status, outcome.code ?? "", outcome.retried ? `then ${outcome.retried}` : ""].filter(
      (part) => part !== "",
    );
    return `  ${name.padEnd(52)} ${outcome.seconds.toFixed(1).padStart(5)} s  ${told.join(", ")}`;
  });
  process.stdout.write(`${title}\n${text.join("\n")}\n`);
}

function observe(end: OperationView, serviceId: string) {
  const [row] = rows("select state from services where id = ?", serviceId);
  return {
    status: end.status,
    code: end.error?.code ?? null,
    step: end.steps.find((step) => step.status === "failed")?.name ?? null,
    state: String(row?.["state"]),
  };
}

async function retried(tenant: Tenant, end: OperationView): Promise<string | null> {
  if (!end.retryable) return null;
  const again = await tenant.person.ok<Accepted>("POST", tenant.at(`/operations/${end.id}/retry`));
  return (await ended(tenant, again.operation.id)).status;
}

async function numberOf(serviceId: string): Promise<number> {
  for (let tries = 0; tries < 500; tries += 1) {
    const vmid = vmidOf(serviceId);
    if (vmid > 0) return vmid;
    await pause(5);
  }
  throw new Error("the service never got a number");
}
