// The drive of a virtual machine: asking for an image to be put in, or taken out.
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { Accepted } from "../../rules/views.ts";
import { trail } from "../audit.ts";
import { imageById } from "../images.ts";
import type { Idempotency } from "../operations.ts";
import { refuseHeld } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { beginOn, refuseUnready, replayed } from "./begin.ts";
import { serviceOf } from "./services.ts";

/**
 * Puts an image into the drive of a virtual machine, or takes it out (null). With `boot` it is booted from first until it is
 * taken out.
 * @throws AppError `kind_unsupported`, `image_unavailable`, `service_busy`, `service_not_ready`, `service_leaving`,
 * `tenant_suspended`.
 */
export async function setMedia(
  deps: Deps,
  scope: Scope,
  serviceId: string,
  wish: { imageId: string | null; boot: boolean },
  idempotency: Idempotency,
): Promise<Accepted> {
  const before = await replayed(deps, scope, idempotency);
  if (before) return before;
  refuseHeld(scope);
  const service = await serviceOf(deps, scope, serviceId);
  const target = { type: "service", id: service.id, name: service.name };
  trail(deps, { target, before: { image: service.imageId }, after: { image: wish.imageId, boot: wish.boot } });
  if (service.kind === "container") throw new AppError("kind_unsupported");
  await refuseUnready(deps, service);
  if (wish.imageId === null) return beginOn(deps, scope, service, "media", idempotency);
  const image = await imageById(deps, wish.imageId);
  // One of another cluster is as unknown as one that never was.
  if (image?.clusterId !== service.clusterId || !image.active) throw new AppError("image_unavailable");
  const facts = { imageId: image.id, volume: image.volume, boot: wish.boot };
  return beginOn(deps, scope, service, "media", idempotency, { facts });
}
