// What can be launched: templates that operators publish from a cluster, and plans of size.
import { and, desc, eq, sql } from "drizzle-orm";
import { refusedBy } from "../db/database.ts";
import { plans, templates } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { AppError } from "../errors.ts";
import { containerArchives } from "../pve/containers.ts";
import { clusterGuests, diskGiBOf, bootDiskOf, guestConfig } from "../pve/guests.ts";
import type { GuestAt } from "../pve/guests.ts";
import { SIZE_BOUNDS } from "../rules/quota.ts";
import type { CatalogueView, PlanView, TemplateView } from "../rules/views.ts";
import { trail } from "./audit.ts";
import type { PveAccess } from "../pve/client.ts";
import { isPveError } from "../pve/errors.ts";
import { clusterById, provisionerOf } from "./clusters.ts";
import type { Scope } from "./scope.ts";

/** Who logs in to a fresh container. */
export const CONTAINER_USER = "root";

export type TemplateRow = typeof templates.$inferSelect;

/** What a tenant can launch: every template, and the plans of the nearest one at or above it that has any. */
export async function catalogueOf(deps: Deps, tenantId: string): Promise<CatalogueView> {
  const nearest = sql`(
    with recursive up(id, parent_id, depth) as (
      select id, parent_id, 0 from tenants where id = ${tenantId}
      union all select t.id, t.parent_id, up.depth + 1 from tenants t join up on t.id = up.parent_id
    ) select up.id from up where exists (select 1 from plans p where p.owner_id = up.id) order by up.depth limit 1)`;
  const [rows, planRows] = await deps.db.batch([
    deps.db.select().from(templates).where(eq(templates.active, true)).orderBy(templates.name),
    deps.db
      .select()
      .from(plans)
      .where(sql`${plans.ownerId} = ${nearest}`)
      .orderBy(plans.memoryMiB, plans.cores),
  ]);
  return {
    templates: rows.map(templateView),
    plans: planRows.map(planView),
    bounds: { cores: [...SIZE_BOUNDS.cores], memoryMiB: [...SIZE_BOUNDS.memoryMiB], diskGiB: [...SIZE_BOUNDS.diskGiB] },
  };
}

/** @throws AppError `not_found` where there is none, `template_unavailable` where it was withdrawn. */
export async function launchableTemplate(deps: Deps, templateId: string): Promise<TemplateRow> {
  const [row] = await deps.db.select().from(templates).where(eq(templates.id, templateId));
  if (!row) throw new AppError("not_found", {}, { fields: [{ pointer: "#/templateId", code: "unknown" }] });
  if (!row.active) throw new AppError("template_unavailable");
  return row;
}

export async function templateById(deps: Deps, templateId: string): Promise<TemplateRow> {
  const [row] = await deps.db.select().from(templates).where(eq(templates.id, templateId));
  if (!row) throw new AppError("not_found");
  return row;
}

/** A virtual machine that containers of the cluster get their network from: the one that was published first; null if none. */
export async function machineTemplate(deps: Deps, clusterId: string): Promise<GuestAt | null> {
  const [row] = await deps.db
    .select({ kind: templates.kind, node: templates.node, vmid: templates.vmid })
    .from(templates)
    .where(and(eq(templates.clusterId, clusterId), eq(templates.kind, "vm")))
    .orderBy(desc(templates.active), templates.createdAt, templates.vmid)
    .limit(1);
  return row ?? null;
}

export type PublishedTemplate = TemplateView & {
  clusterId: string;
  vmid: number;
  volume: string | null;
  nesting: boolean;
  active: boolean;
};

export interface FoundTemplate {
  kind: "vm" | "container";
  /** Of a container: the archive, and 0 for a number. */
  volume: string | null;
  vmid: number;
  node: string;
  name: string;
  cores: number;
  memoryMiB: number;
  diskGiB: number;
  publishedAs: string | null;
}

/** Templates and archives that the portal's token sees on a cluster, beside those that are published already. */
export async function findTemplates(
  deps: Deps,
  clusterId: string,
): Promise<{ found: FoundTemplate[]; published: PublishedTemplate[] }> {
  const cluster = await clusterById(deps, clusterId);
  const access = await provisionerOf(deps, cluster);
  const rows = await clusterGuests(access);
  const published = await deps.db
    .select()
    .from(templates)
    .where(eq(templates.clusterId, clusterId))
    .orderBy(templates.name);
  const machines = rows
    .filter((row) => row.template === 1 && row.type === "qemu")
    .map((row): FoundTemplate => ({
      kind: "vm",
      volume: null,
      vmid: row.vmid,
      node: row.node,
      name: row.name ?? String(row.vmid),
      cores: row.maxcpu ?? 1,
      memoryMiB: Math.round((row.maxmem ?? 0) / 2 ** 20),
      diskGiB: Math.ceil((row.maxdisk ?? 0) / 2 ** 30),
      publishedAs: published.find((template) => template.vmid === row.vmid)?.id ?? null,
    }));
  const archives = await archivesOf(deps, access, cluster.nodes);
  const containers = [...archives].map(([volume, node]): FoundTemplate => ({
    kind: "container",
    volume,
    vmid: 0,
    node,
    name: archiveName(volume),
    cores: 1,
    memoryMiB: 128,
    diskGiB: 1,
    publishedAs: published.find((template) => template.volume === volume)?.id ?? null,
  }));
  return { found: [...machines, ...containers], published: published.map(publishedView) };
}

/** Archives by volume id, with the node where containers are made of each; a node that does not answer offers none. */
async function archivesOf(
  deps: Deps,
  access: PveAccess,
  nodes: readonly { name: string; online: boolean }[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { name } of nodes.filter((node) => node.online)) {
    try {
      for (const volume of await containerArchives(access, name)) if (!found.has(volume)) found.set(volume, name);
    } catch (error) {
      if (!isPveError(error)) throw error;
      deps.log("warn", "archives_not_listed", { node: name, error: String(error) });
    }
  }
  return found;
}

/** `debian-13` of `local:vztmpl/debian-13_1_amd64.tar.zst`. */
function archiveName(volume: string): string {
  return (volume.split("/").at(-1) ?? volume).replace(/\.tar(\.\w+)?$|\.tgz$/, "").split("_")[0] ?? volume;
}

export interface TemplateDraft {
  clusterId: string;
  /** Of an archive 0, which `volume` then names. */
  vmid: number;
  volume: string | null;
  nesting: boolean;
  name: string;
  description: string;
  logo: string;
  category: string;
  minCores: number;
  minMemoryMiB: number;
  minDiskGiB: number;
  defaultUser: string;
}

/**
 * Publishes a template of a cluster to the catalogue. The smallest disk is never below the template's own.
 * @throws AppError `not_found` where the cluster has no such template, `offered_already` where it is published already.
 */
export async function publishTemplate(deps: Deps, draft: TemplateDraft): Promise<PublishedTemplate> {
  const { found } = await findTemplates(deps, draft.clusterId);
  const source = found.find((row) => row.vmid === draft.vmid && row.volume === draft.volume);
  const pointer = draft.volume === null ? "#/vmid" : "#/volume";
  if (!source) throw new AppError("not_found", {}, { fields: [{ pointer, code: "unknown" }] });
  const { kind } = source;
  const config = kind === "container" ? 1 : await ownDisk(deps, draft.clusterId, source);
  const row: TemplateRow = {
    ...draft,
    id: deps.newId("tpl"),
    node: source.node,
    kind,
    // In a container one logs in as root: nobody else is there yet.
    defaultUser: kind === "container" ? CONTAINER_USER : draft.defaultUser,
    nesting: kind === "container" && draft.nesting,
    minDiskGiB: Math.max(draft.minDiskGiB, config),
    active: true,
    createdAt: deps.now(),
  };
  try {
    await deps.db.insert(templates).values(row);
  } catch (error) {
    if (refusedBy(error, "templates.cluster_id")) throw new AppError("offered_already");
    throw error;
  }
  trail(deps, {
    target: { type: "template", id: row.id, name: row.name },
    after: { vmid: row.vmid, volume: row.volume, node: row.node },
  });
  return publishedView(row);
}

/** Shows or withdraws a template; services launched from it live on. */
export async function setTemplateActive(deps: Deps, templateId: string, active: boolean): Promise<PublishedTemplate> {
  const before = await templateById(deps, templateId);
  await deps.db.update(templates).set({ active }).where(eq(templates.id, templateId));
  const target = { type: "template", id: templateId, name: before.name };
  trail(deps, { target, before: { active: before.active }, after: { active } });
  return publishedView({ ...before, active });
}

/** Plans of a reseller's own, or of the platform. */
export async function listPlans(deps: Deps, ownerId: string): Promise<PlanView[]> {
  const rows = await deps.db
    .select()
    .from(plans)
    .where(eq(plans.ownerId, ownerId))
    .orderBy(plans.memoryMiB, plans.cores);
  return rows.map(planView);
}

/** @throws AppError `name_taken` */
export async function createPlan(deps: Deps, scope: Scope, draft: Omit<PlanView, "id">): Promise<PlanView> {
  const row = { id: deps.newId("pln"), ownerId: scope.tenantId, ...draft, createdAt: deps.now() };
  try {
    await deps.db.insert(plans).values(row);
  } catch (error) {
    if (refusedBy(error, "plans.name")) throw new AppError("name_taken", { name: draft.name });
    throw error;
  }
  trail(deps, { target: { type: "plan", id: row.id, name: row.name }, after: { ...draft } });
  return planView(row);
}

/** Takes a plan out of the offer; what was launched with it stays as it is. @throws AppError `not_found` */
export async function deletePlan(deps: Deps, scope: Scope, planId: string): Promise<void> {
  const [row] = await deps.db
    .delete(plans)
    .where(and(eq(plans.id, planId), eq(plans.ownerId, scope.tenantId)))
    .returning();
  if (!row) throw new AppError("not_found");
  trail(deps, { target: { type: "plan", id: planId, name: row.name }, before: { ...planView(row) } });
}

/** Disk of the template itself in GiB; 0 where the token may clone but not read it. */
async function ownDisk(deps: Deps, clusterId: string, source: FoundTemplate): Promise<number> {
  const access = await provisionerOf(deps, await clusterById(deps, clusterId));
  const config = await guestConfig(access, source).catch(() => null);
  const slot = config && bootDiskOf(config);
  return config && slot ? (diskGiBOf(config, slot) ?? 0) : source.diskGiB;
}

function templateView(row: TemplateRow): TemplateView {
  const { id, kind, name, description, logo, category, minCores, minMemoryMiB, minDiskGiB, defaultUser } = row;
  return { id, kind, name, description, logo, category, minCores, minMemoryMiB, minDiskGiB, defaultUser };
}

function publishedView(row: TemplateRow): PublishedTemplate {
  return {
    ...templateView(row),
    clusterId: row.clusterId,
    vmid: row.vmid,
    volume: row.volume,
    nesting: row.nesting,
    active: row.active,
  };
}

function planView(row: PlanView): PlanView {
  return { id: row.id, name: row.name, cores: row.cores, memoryMiB: row.memoryMiB, diskGiB: row.diskGiB };
}
