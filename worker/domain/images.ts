// Images for the drives of virtual machines: found on a cluster, offered by operators, put into a drive by tenants.
import { and, eq } from "drizzle-orm";
import { refusedBy } from "../db/database.ts";
import { images } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { isPveError } from "../pve/errors.ts";
import { imageVolumes } from "../pve/media.ts";
import type { ImageView } from "../rules/views-automation.ts";
import { trail } from "./audit.ts";
import { clusterById, provisionerOf } from "./clusters.ts";
import type { Scope } from "./scope.ts";
import { serviceOf } from "./services/services.ts";

export type ImageRow = typeof images.$inferSelect;

export interface FoundImage {
  volume: string;
  name: string;
  sizeBytes: number;
  publishedAs: string | null;
}

export type PublishedImage = ImageView & { clusterId: string; volume: string; active: boolean };

/** Images that the portal's token sees on a cluster, beside those that are offered already. */
export async function findImages(
  deps: Deps,
  clusterId: string,
): Promise<{ found: FoundImage[]; published: PublishedImage[] }> {
  const cluster = await clusterById(deps, clusterId);
  const access = await provisionerOf(deps, cluster);
  const published = await imagesOfCluster(deps, clusterId);
  const sizes = new Map<string, number>();
  for (const { name: node } of cluster.nodes.filter((row) => row.online)) {
    try {
      for (const { volid, sizeBytes } of await imageVolumes(access, node)) sizes.set(volid, sizeBytes);
    } catch (error) {
      // A node that does not answer offers none.
      if (!isPveError(error)) throw error;
      deps.log("warn", "images_not_listed", { node, error: String(error) });
    }
  }
  const found = [...sizes].map(([volume, sizeBytes]): FoundImage => ({
    volume,
    name: nameOf(volume),
    sizeBytes,
    publishedAs: published.find((image) => image.volume === volume)?.id ?? null,
  }));
  return { found, published: published.map(publishedView) };
}

/**
 * Offers an image of a cluster to the tenants there.
 * @throws AppError `not_found` where the cluster has no such image, `offered_already`.
 */
export async function publishImage(
  deps: Deps,
  draft: { clusterId: string; volume: string; name: string },
): Promise<PublishedImage> {
  const { found } = await findImages(deps, draft.clusterId);
  if (!found.some(({ volume }) => volume === draft.volume))
    throw new AppError("not_found", {}, { fields: [{ pointer: "#/volume", code: "unknown" }] });
  const row: ImageRow = { ...draft, id: deps.newId("img"), active: true, createdAt: deps.now() };
  try {
    await deps.db.insert(images).values(row);
  } catch (error) {
    if (refusedBy(error, "images.cluster_id")) throw new AppError("offered_already");
    throw error;
  }
  trail(deps, { target: { type: "image", id: row.id, name: row.name }, after: { volume: row.volume } });
  return publishedView(row);
}

/** Shows or withdraws an image; in the drives that it is in it stays until it is taken out. @throws AppError `not_found` */
export async function setImageActive(deps: Deps, imageId: string, active: boolean): Promise<PublishedImage> {
  const before = await imageById(deps, imageId);
  if (!before) throw new AppError("not_found");
  await deps.db.update(images).set({ active }).where(eq(images.id, imageId));
  const target = { type: "image", id: imageId, name: before.name };
  trail(deps, { target, before: { active: before.active }, after: { active } });
  return publishedView({ ...before, active });
}

/** What may be put into the drive of a service. @throws AppError `not_found` */
export async function imagesFor(deps: Deps, scope: Scope, serviceId: string): Promise<ImageView[]> {
  const { clusterId } = await serviceOf(deps, scope, serviceId);
  const rows = await deps.db
    .select()
    .from(images)
    .where(and(eq(images.clusterId, clusterId), eq(images.active, true)))
    .orderBy(images.name);
  return rows.map(({ id, name }) => ({ id, name }));
}

/** All that a cluster offers, or has offered. */
export function imagesOfCluster(deps: Deps, clusterId: string): Promise<ImageRow[]> {
  return deps.db.select().from(images).where(eq(images.clusterId, clusterId)).orderBy(images.name);
}

export async function imageById(deps: Deps, imageId: string): Promise<ImageRow | null> {
  const [row] = await deps.db.select().from(images).where(eq(images.id, imageId));
  return row ?? null;
}

/** `debian-13` of `local:iso/debian-13.iso`. */
function nameOf(volume: string): string {
  return (volume.split("/").at(-1) ?? volume).replace(/\.(iso|img)$/i, "");
}

function publishedView({ id, name, clusterId, volume, active }: ImageRow): PublishedImage {
  return { id, name, clusterId, volume, active };
}
