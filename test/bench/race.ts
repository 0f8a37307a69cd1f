// `npm run bench:race`: 200 launches at once by one tenant with room for 5; exactly 5 may be taken, whatever the order.
import type { Accepted, Problem, ServiceView } from "../../worker/rules/views.ts";
import {
  ended,
  firstTemplate,
  labDisks,
  labGuests,
  launchBody,
  ledgerFaults,
  newTenant,
  setLimit,
  used,
} from "../harness/portal.ts";
import type { Site, Tenant } from "../harness/portal.ts";
import { percentile, round, runBench } from "./measure.ts";

const LAUNCHES = 200;
const ROOM = 5;
/** A crowded machine must not make a launch give up: its patience is life's own, since this is about quota, not about speed. */
const VARS = { PVE_TIMEOUT_MS: "15000", OPERATION_LEASE_MS: "20000", STEP_BUDGET_MS: "90000" };
const END_TIMEOUT_MS = 180_000;

await runBench("race", { labSpeed: 20, vars: VARS }, async ({ claim, figures, say }, { stack }) => {
  const site: Site = { origin: stack.origin, controlUrl: stack.lab.controlUrl, databaseFile: stack.databaseFile() };
  const tenant = await newTenant(site, "race");
  // Room for all of them in everything else, so that only the number of services can refuse.
  for (const [resource, each] of [
    ["vcpu", 1],
    ["memoryMiB", 128],
    ["diskGiB", 2],
  ] as const) {
    setLimit(site, tenant.id, resource, LAUNCHES * each);
  }
  setLimit(site, tenant.id, "services", ROOM);

  say(`${LAUNCHES} launches at once, room for ${ROOM} …`);
  const templateId = await firstTemplate(tenant);
  const answers = await Promise.all(
    Array.from({ length: LAUNCHES }, (_, index) => timedLaunch(tenant, templateId, index)),
  );
  const taken = answers.filter((answer) => answer.status === 202);
  const refused = answers.filter((answer) => answer.status === 409 && isPlainRefusal(answer.body));
  const milliseconds = answers.map((answer) => answer.milliseconds);
  const p50Ms = round(percentile(milliseconds, 0.5), 0);
  const p95Ms = round(percentile(milliseconds, 0.95), 0);
  say(`answers after p50 ${p50Ms} ms, p95 ${p95Ms} ms, all of them queued at once`);
  for (const other of answers.filter((answer) => !taken.includes(answer) && !refused.includes(answer)).slice(0, 5)) {
    say(`  unexpected: ${other.status} ${JSON.stringify(other.body)}`);
  }
  claim(`${ROOM} launches are taken (${taken.length})`, taken.length === ROOM);
  claim(
    `${LAUNCHES - ROOM} are refused with quota_exceeded and what is left (${refused.length})`,
    refused.length === LAUNCHES - ROOM,
  );
  const usedAtOnce = (await used(tenant)).services ?? -1;
  claim(`used is ${ROOM} services (${usedAtOnce})`, usedAtOnce === ROOM);

  const operations = await Promise.all(taken.map((answer) => ended(tenant, answer.body.operation.id, END_TIMEOUT_MS)));
  const succeeded = operations.filter((operation) => operation.status === "succeeded").length;
  for (const { status, error } of operations) if (status !== "succeeded") say(`  ${status}: ${JSON.stringify(error)}`);
  claim(`all ${ROOM} launches succeed (${succeeded})`, succeeded === ROOM);
  const guests = await labGuests(site.controlUrl);
  const marks = guests.map((guest) => guest.description.trim()).toSorted();
  const wanted = taken.map((answer) => `nubemox:${answer.body.service.id}`).toSorted();
  claim(
    `the lab holds exactly their ${ROOM} guests (${guests.length})`,
    guests.length === ROOM && marks.join() === wanted.join(),
  );
  const faults = ledgerFaults(site.databaseFile);
  claim(`the ledger is whole ${faults.join("; ")}`.trimEnd(), faults.length === 0);

  say("deleting them …");
  const { services } = await tenant.person.ok<{ services: ServiceView[] }>("GET", tenant.at("/services"));
  const deletions = await Promise.all(services.map((service) => deleted(tenant, service)));
  const gone = deletions.filter((status) => status === "succeeded").length;
  claim(`all ${ROOM} are deleted (${gone})`, gone === ROOM);
  const left = await used(tenant);
  claim(
    "used is 0 of everything",
    Object.values(left).every((amount) => amount === 0),
  );
  const [guestsLeft, disksLeft] = [await labGuests(site.controlUrl), await labDisks(site.controlUrl)];
  claim(
    `the lab is without guests and disks (${guestsLeft.length}, ${disksLeft.length})`,
    guestsLeft.length + disksLeft.length === 0,
  );
  const faultsLeft = ledgerFaults(site.databaseFile);
  claim(`the ledger is whole again ${faultsLeft.join("; ")}`.trimEnd(), faultsLeft.length === 0);

  Object.assign(figures, {
    launches: LAUNCHES,
    room: ROOM,
    taken: taken.length,
    refused: refused.length,
    used: usedAtOnce,
    guests: guests.length,
    usedAfterDelete: left.services,
    guestsAfterDelete: guestsLeft.length,
    disksAfterDelete: disksLeft.length,
    p50Ms,
    p95Ms,
  });
});

async function timedLaunch(tenant: Tenant, templateId: string, index: number) {
  const body = await launchBody(tenant, { templateId, name: `racer-${index}` });
  const startedAt = performance.now();
  const answer = await tenant.person.send<Accepted & Problem>("POST", tenant.at("/services"), body);
  return { status: answer.status, body: answer.body, milliseconds: performance.now() - startedAt };
}

/** A refusal that says why: room for 5, all of it used, one more asked for. */
function isPlainRefusal(problem: Problem): boolean {
  const row = problem.resources?.find(({ resource }) => resource === "services");
  if (problem.code !== "quota_exceeded" || !row) return false;
  return row.limit === ROOM && row.used === ROOM && row.asked === 1 && row.left === 0 && !row.fits;
}

async function deleted(tenant: Tenant, service: ServiceView): Promise<string> {
  const path = tenant.at(`/services/${service.id}?confirm=${service.name}`);
  const { operation } = await tenant.person.ok<Accepted>("DELETE", path);
  return (await ended(tenant, operation.id, END_TIMEOUT_MS)).status;
}
