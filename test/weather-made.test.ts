// A guest that was made while nobody could look: it is found again, not made a second time under another number.
import { afterEach, expect, it } from "vitest";
import { clearFaults, ended, fault, labGuests, launch, newTenant, pause } from "./harness/portal.ts";
import { expectHonestLedger, rows, site, vmidOf } from "./harness/site.ts";

afterEach(async () => {
  await clearFaults(site.controlUrl);
  expectHonestLedger();
});

it("a launch whose clone has ended while the guest's configuration could not be read", async () => {
  const tenant = await newTenant(site, "made");
  const { body } = await launch(tenant);
  const serviceId = body.service.id;
  // The number is known before the clone is asked for; its configuration cannot be read for a while.
  let vmid = 0;
  while (vmid === 0) {
    vmid = vmidOf(serviceId) || 0;
    if (vmid === 0) await pause(10);
  }
  const path = `/qemu/${vmid}/config`;
  await fault(site.controlUrl, { kind: "status", method: "GET", path, times: 2, status: 500, reason: "got timeout" });
  const operation = await ended(tenant, body.operation.id);
  expect(operation.status).toBe("succeeded");
  expect(vmidOf(serviceId)).toBe(vmid);
  const guests = (await labGuests(site.controlUrl)).filter((guest) => guest.description.includes(serviceId));
  expect(guests.map((guest) => guest.vmid)).toEqual([vmid]);
  expect(rows("select status from operations where service_id = ?", serviceId)).toEqual([{ status: "succeeded" }]);
});
