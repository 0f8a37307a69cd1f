// Services that stand ready for refusals: none of them is changed by what is refused.
import type { ServiceView } from "../../worker/rules/views.ts";
import { ended, fault, serviceOf } from "./portal.ts";
import type { Tenant } from "./portal.ts";
import { about, named, plain, snapped } from "./verb-subjects.ts";
import type { Standing, Subject } from "./verb-table.ts";
import { SMALL } from "./verb-world.ts";
import type { GuestKind, VerbWorld } from "./verb-world.ts";

const NEVER = { backup: "bak_00000000000000000000", choice: "ssc_00000000000000000000" };

/** One that is on, one that is off, whose backup is protected, and one that has failed. */
export async function makeStanding(world: VerbWorld, guest: GuestKind): Promise<Standing> {
  const [first, second, failed] = await Promise.all([
    world.launch(guest),
    world.launch(guest),
    failedLaunch(world, guest),
  ]);
  const on = await snapped(world, about(world, await world.turn(first.id, "running")));
  const off = await snapped(world, about(world, await world.turn(second.id, "stopped")));
  const choiceOf = ({ id }: ServiceView) => (guest === "vm" ? world.choice(id) : Promise.resolve(NEVER.choice));
  return {
    on: { ...on, backup: await world.backup(first.id), choice: await choiceOf(first) },
    off: {
      ...off,
      backup: await world.backup(second.id, world.tenant, { protected: true }),
      choice: await choiceOf(second),
    },
    // What a person may name of it, it does not have.
    failed: { ...plain(world, guest), service: failed, ...NEVER, snapshot: on.snapshot },
  };
}

async function failedLaunch(world: VerbWorld, guest: GuestKind): Promise<ServiceView> {
  const body = await world.launchBody(guest);
  const rule = { kind: "status", status: 400, method: "POST", body: named("(host)?name", body.name) };
  const calm = await fault(world.site.controlUrl, rule);
  const { tenant } = world;
  const { operation, service } = await tenant.person.ok<{ operation: { id: string }; service: ServiceView }>(
    "POST",
    tenant.at("/services"),
    body,
  );
  const end = await ended(tenant, operation.id, 90_000);
  if (end.status !== "reverted") throw new Error(`the launch that was to fail ended ${end.status}`);
  await calm();
  return serviceOf(tenant, service.id);
}

/** A tenant without any room left, whose service was larger on the day of its snapshot. */
export async function makePoor(world: VerbWorld): Promise<Record<GuestKind, Subject>> {
  const { tenant, fill } = await world.otherTenant();
  const [vm, container] = await Promise.all([onceLarger(world, tenant, "vm"), onceLarger(world, tenant, "container")]);
  await fill();
  return { vm, container };
}

async function onceLarger(world: VerbWorld, tenant: Tenant, guest: GuestKind): Promise<Subject> {
  const { id } = await world.launch(guest, tenant);
  await world.turn(id, "stopped", tenant);
  const resize = async (cores: number) =>
    world.whole(await tenant.person.send("PUT", tenant.at(`/services/${id}/size`), { ...SMALL, cores }), tenant);
  await resize(2);
  const subject = await snapped(world, about(world, await serviceOf(tenant, id), tenant));
  const backup = await world.backup(id, tenant);
  await resize(1);
  return { ...subject, service: await serviceOf(tenant, id), backup };
}
