// Storefronts: the front of a reseller (or of the platform itself) with host name, link and brand, and how people sign up there.
import { and, eq, isNotNull, sql } from "drizzle-orm";
import { refusedBy } from "../../db/database.ts";
import { defaultLimits, storefronts, tenants } from "../../db/schema.ts";
import type { Deps } from "../../deps.ts";
import { AppError } from "../../errors.ts";
import type { ConfigView, Limits, StorefrontView } from "../../rules/views-tree.ts";
import type { SignUpMode } from "../../rules/views.ts";
import { trail } from "../audit.ts";
import { defaultLimitsOf } from "../ledger.ts";
import { refuseHeld } from "../scope.ts";
import type { Scope } from "../scope.ts";
import { PLATFORM_ID } from "./platform.ts";

type StorefrontRow = typeof storefronts.$inferSelect;
/** With whether its reseller is active. */
type StandingFront = StorefrontRow & { isOpen: boolean };

/** Where a new person's tenant is to be made, and how people get in there. */
export interface Front {
  tenantId: string;
  signUp: SignUpMode;
}

/** The tenant's own front; null where it has none yet. */
export async function storefrontOf(deps: Deps, tenantId: string): Promise<StorefrontView | null> {
  const [row] = await deps.db.select().from(storefronts).where(eq(storefronts.tenantId, tenantId));
  return row ? viewOf(row) : null;
}

/**
 * Makes or changes the tenant's front.
 * @throws AppError `name_taken` with the field at fault where link or host is another's, `tenant_suspended`.
 */
export async function saveStorefront(deps: Deps, scope: Scope, front: StorefrontView): Promise<StorefrontView> {
  refuseHeld(scope);
  if (front.host !== null && front.host === new URL(deps.config.PUBLIC_ORIGIN).host) throw taken("host", front.host);
  const before = await storefrontOf(deps, scope.tenantId);
  const row = { ...front, tenantId: scope.tenantId, updatedAt: deps.now() };
  try {
    await deps.db.insert(storefronts).values(row).onConflictDoUpdate({ target: storefronts.tenantId, set: row });
  } catch (error) {
    if (refusedBy(error, "storefronts.host")) throw taken("host", front.host ?? "");
    if (refusedBy(error, "storefronts.link")) throw taken("link", front.link);
    throw error;
  }
  knownHosts.clear();
  trail(deps, {
    target: { type: "storefront", id: scope.tenantId, name: front.link },
    ...(before === null ? {} : { before: told(before) }),
    after: told(front),
  });
  return front;
}

/** What a tenant that is made below this one by a sign-up is given. */
export async function defaultsOf(deps: Deps, tenantId: string): Promise<Limits> {
  return defaultLimitsOf(deps, tenantId);
}

/** Sets what a new tenant below this one is given; a resource that is not named is given nothing. */
export async function saveDefaults(deps: Deps, scope: Scope, limits: Limits): Promise<Limits> {
  const { tenantId } = scope;
  const before = await defaultLimitsOf(deps, tenantId);
  const rows = Object.entries(limits).map(([resource, amount]) => ({
    tenantId,
    resource: resource as keyof Limits,
    amount: amount ?? 0,
  }));
  await deps.db.batch([
    deps.db.delete(defaultLimits).where(eq(defaultLimits.tenantId, tenantId)),
    ...(rows.length === 0 ? [] : [deps.db.insert(defaultLimits).values(rows)]),
  ]);
  trail(deps, { target: { type: "defaults", id: tenantId, name: scope.tenantName }, before, after: limits });
  return limits;
}

/** Name, logo and colour of a front, and whether one may sign up there: found by the host that was asked, else by the link. */
export async function brandOf(
  deps: Deps,
  asked: { host: string; link: string | null },
): Promise<Omit<ConfigView, "providers">> {
  const row = await rowFor(deps, asked);
  const brand = row
    ? { name: row.brandName, logo: row.logo, accentHue: row.accentHue }
    : { name: "Nubemox", logo: null, accentHue: null };
  const isPlatform = row === null || row.tenantId === PLATFORM_ID;
  return {
    brand,
    locales: ["en", "pt-BR"],
    signUp: row === null ? "open" : row.isOpen ? row.signUp : "closed",
    storefront: isPlatform ? null : row.link,
  };
}

/** Link of the front that a host name stands for; null for the platform's own. */
export async function linkOfHost(deps: Deps, host: string): Promise<string | null> {
  const row = await rowFor(deps, { host, link: null });
  return row === null || row.tenantId === PLATFORM_ID ? null : row.link;
}

/** The front of a link, the platform's own where there is none; null where it does not exist or its reseller is not active. */
export async function frontOfLink(deps: Deps, link: string | null): Promise<Front | null> {
  const which = link === null ? eq(storefronts.tenantId, PLATFORM_ID) : eq(storefronts.link, link);
  const [row] = await deps.db
    .select({ tenantId: storefronts.tenantId, signUp: storefronts.signUp, heldBy: tenants.heldBy })
    .from(storefronts)
    .innerJoin(tenants, eq(tenants.id, storefronts.tenantId))
    .where(which);
  if (row) return row.heldBy === null ? { tenantId: row.tenantId, signUp: row.signUp } : null;
  return link === null ? { tenantId: PLATFORM_ID, signUp: "open" } : null;
}

/** Scheme and host of the pages of a tenant: those of the nearest front above it that has a host name, else the platform's. */
export async function originOf(deps: Deps, tenantId: string): Promise<string> {
  const [row] = await deps.db.all<{ host: string }>(sql`
    with recursive up(id, parent_id, depth) as (
      select id, parent_id, 0 from tenants where id = ${tenantId}
      union all select t.id, t.parent_id, up.depth + 1 from tenants t join up on t.id = up.parent_id
    )
    select f.host as host from up cross join storefronts f on f.tenant_id = up.id
    where f.host is not null order by up.depth limit 1`);
  return row ? originOfHost(deps, row.host) : deps.config.PUBLIC_ORIGIN;
}

/** Scheme and host of the front that a person signed up at. */
export async function originOfLink(deps: Deps, link: string | null): Promise<string> {
  if (link === null) return deps.config.PUBLIC_ORIGIN;
  const [row] = await deps.db.select({ host: storefronts.host }).from(storefronts).where(eq(storefronts.link, link));
  return row?.host ? originOfHost(deps, row.host) : deps.config.PUBLIC_ORIGIN;
}

/** How long an isolate believes what it knows of a host name. */
const HOST_KNOWN_MS = 15_000;
const knownHosts = new Map<string, { isOurs: boolean; until: number }>();
/** Anybody can ask with any name: what is remembered stays small. */
const MOST_HOSTS = 1_000;

/**
 * The origin that pages of this request's own host have; null where no front stands there. A page may only speak to the host
 * that it came from: no front's pages to those of another, or of the platform.
 */
export async function originOfRequest(deps: Deps, url: string): Promise<string | null> {
  const { host } = new URL(url);
  const { PUBLIC_ORIGIN } = deps.config;
  if (host === new URL(PUBLIC_ORIGIN).host) return PUBLIC_ORIGIN;
  const known = knownHosts.get(host);
  if (known && known.until > deps.now()) return known.isOurs ? originOfHost(deps, host) : null;
  const found = await deps.db
    .select({ link: storefronts.link })
    .from(storefronts)
    .where(and(isNotNull(storefronts.host), eq(storefronts.host, host)));
  if (knownHosts.size >= MOST_HOSTS) knownHosts.clear();
  knownHosts.set(host, { isOurs: found.length > 0, until: deps.now() + HOST_KNOWN_MS });
  return found.length > 0 ? originOfHost(deps, host) : null;
}

function originOfHost(deps: Deps, host: string): string {
  return `${new URL(deps.config.PUBLIC_ORIGIN).protocol}//${host}`;
}

async function rowFor(deps: Deps, asked: { host: string; link: string | null }): Promise<StandingFront | null> {
  const found = await deps.db
    .select({ front: storefronts, heldBy: tenants.heldBy })
    .from(storefronts)
    .innerJoin(tenants, eq(tenants.id, storefronts.tenantId))
    .where(
      sql`${storefronts.host} = ${asked.host} or ${storefronts.link} = ${asked.link ?? ""} or ${storefronts.tenantId} = ${PLATFORM_ID}`,
    );
  const rows = found.map((row) => ({ ...row.front, isOpen: row.heldBy === null }));
  return (
    rows.find((row) => row.host === asked.host) ??
    rows.find((row) => row.link === asked.link) ??
    rows.find((row) => row.tenantId === PLATFORM_ID) ??
    null
  );
}

function taken(field: "host" | "link", name: string): AppError {
  return new AppError("name_taken", { name }, { fields: [{ pointer: `#/${field}`, code: "taken" }] });
}

/** A front as the audit tells it: the picture itself says nothing there. */
function told({ logo, ...front }: StorefrontView): Record<string, unknown> {
  return { ...front, hasLogo: logo !== null };
}

function viewOf(row: StorefrontRow): StorefrontView {
  const { host, link, brandName, logo, accentHue, signUp } = row;
  return { host, link, brandName, logo, accentHue, signUp };
}
