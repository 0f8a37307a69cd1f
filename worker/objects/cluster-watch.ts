// One object per cluster: asks it once per period how its guests are, however many people look, and tells who needs to know.
import { DurableObject } from "cloudflare:workers";
import { createDeps } from "../deps.ts";
import type { Deps } from "../deps.ts";
import { pollCluster } from "../domain/clusters.ts";
import { publish } from "../domain/feed.ts";
import { guestsByVmid } from "../domain/guest-map.ts";
import type { MappedGuest } from "../domain/guest-map.ts";
import { sweepOperations } from "../domain/operations.ts";
import { reconcileCluster } from "../domain/reconciler/reconcile.ts";
import type { RunNote } from "../domain/reconciler/reconcile.ts";
import { settleEndings } from "../domain/services/endings.ts";
import { lookUpAddress, notePower } from "../domain/services/services.ts";
import { lookAfterSchedules } from "../domain/schedules/pass.ts";
import { settleTenants } from "../domain/tenants/teardown.ts";
import type { Bindings } from "../env.ts";
import type { GuestRow } from "../pve/guests.ts";
import type { FeedEvent, PowerState } from "../rules/views.ts";

type Sample = Extract<FeedEvent, { type: "live" }>["samples"][number];

/** A guest without an address is asked for one at most this often, and only while its tenant watches. */
const ADDRESS_EVERY_MS = 60_000;

/** How old `/cluster/resources` may be: one round of pvestatd, and a little. */
const LIST_AGE_MS = 15_000;

export class ClusterWatch extends DurableObject<Bindings> {
  /** Tenants whose pages are open, each with the time until which that is known. Lost with the object, renewed by the feeds. */
  private readonly watchers = new Map<string, number>();
  private readonly power = new Map<number, PowerState>();
  private readonly addressAskedAt = new Map<number, number>();

  /** The run of the reconciler that is under way; the next one waits for it. */
  private run: Promise<unknown> = Promise.resolve();

  /** Starts the poll, or sees that it runs. */
  async ensure(clusterId: string): Promise<void> {
    if ((await this.ctx.storage.get<string>("clusterId")) !== clusterId)
      await this.ctx.storage.put("clusterId", clusterId);
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now());
  }

  /** Sends a tenant samples of its guests until then (milliseconds since 1970). */
  async subscribe(clusterId: string, tenantId: string, until: number): Promise<void> {
    this.watchers.set(tenantId, until);
    await this.ensure(clusterId);
  }

  /** Goes through the cluster now, after the run that may be under way. */
  async reconcile(clusterId: string): Promise<void> {
    const mine = this.reconcileAfter(this.run, clusterId);
    this.run = mine.catch(() => undefined);
    await mine;
  }

  private async reconcileAfter(before: Promise<unknown>, clusterId: string): Promise<void> {
    await before;
    const deps = createDeps(this.env);
    await this.ctx.storage.put("reconcileAt", deps.now() + deps.config.RECONCILE_PERIOD_MS);
    await this.ctx.storage.put("lastRun", await reconcileCluster(deps, clusterId, await this.lastRun()));
  }

  /** How the last run went; null where there was none. */
  async lastRun(): Promise<RunNote | null> {
    return (await this.ctx.storage.get<RunNote>("lastRun")) ?? null;
  }

  override async alarm(): Promise<void> {
    const deps = createDeps(this.env);
    // Set first: whatever goes wrong below, the next poll comes.
    await this.ctx.storage.setAlarm(Date.now() + deps.config.POLL_PERIOD_MS);
    const clusterId = await this.ctx.storage.get<string>("clusterId");
    if (!clusterId) return;
    await sweepOperations(deps);
    await settleTenants(deps);
    await lookAfterSchedules(deps);
    await settleEndings(deps);
    const rows = await pollCluster(deps, clusterId);
    if (rows) await this.tell(deps, clusterId, rows);
    await this.reconcileWhenDue(deps, clusterId);
  }

  /** The first run comes one period after the cluster was connected. */
  private async reconcileWhenDue(deps: Deps, clusterId: string): Promise<void> {
    const due = await this.ctx.storage.get<number>("reconcileAt");
    if (due === undefined) await this.ctx.storage.put("reconcileAt", deps.now() + deps.config.RECONCILE_PERIOD_MS);
    else if (due <= deps.now()) await this.reconcile(clusterId);
  }

  private async tell(deps: Deps, clusterId: string, rows: GuestRow[]): Promise<void> {
    const now = deps.now();
    for (const [tenantId, until] of this.watchers) if (until < now) this.watchers.delete(tenantId);
    const changed = rows.filter((row) => row.template !== 1 && this.power.get(row.vmid) !== powerOf(row));
    const watched = this.watchers.size > 0 ? rows.filter((row) => powerOf(row) === "running") : [];
    const guests = await guestsByVmid(deps, clusterId, [...new Set([...changed, ...watched].map((row) => row.vmid))]);
    for (const row of changed) {
      const guest = guests.get(row.vmid);
      if (guest && isOutdated(guest, now)) continue;
      if (guest && powerOf(row) !== "unknown") await notePower(deps, guest.serviceId, powerOf(row));
      this.power.set(row.vmid, powerOf(row));
    }
    await this.sendSamples(deps, watched, guests);
  }

  private async sendSamples(deps: Deps, rows: GuestRow[], guests: Map<number, MappedGuest>): Promise<void> {
    const byTenant = new Map<string, Sample[]>();
    for (const row of rows) {
      const guest = guests.get(row.vmid);
      if (!guest || !this.watchers.has(guest.tenantId) || isOutdated(guest, deps.now())) continue;
      byTenant.set(guest.tenantId, [...(byTenant.get(guest.tenantId) ?? []), sampleOf(row, guest)]);
      if (guest.address === null) await this.askAddress(deps, row.vmid, guest.serviceId);
    }
    for (const [tenantId, samples] of byTenant)
      await publish(deps, tenantId, { type: "live", at: deps.now(), samples });
  }

  private async askAddress(deps: Deps, vmid: number, serviceId: string): Promise<void> {
    if (deps.now() - (this.addressAskedAt.get(vmid) ?? 0) < ADDRESS_EVERY_MS) return;
    this.addressAskedAt.set(vmid, deps.now());
    await lookUpAddress(deps, serviceId);
  }
}

/** Whether an operation's own look at a guest counts for more than a list that the server makes anew every ten seconds. */
function isOutdated(guest: MappedGuest, now: number): boolean {
  return guest.operationId !== null || guest.powerSeenAt > now - LIST_AGE_MS;
}

function sampleOf(row: GuestRow, guest: MappedGuest): Sample {
  return {
    serviceId: guest.serviceId,
    power: powerOf(row),
    live: {
      cpu: row.cpu ?? 0,
      memoryBytes: row.mem ?? 0,
      maxMemoryBytes: row.maxmem ?? 0,
      uptimeSeconds: row.uptime ?? 0,
    },
  };
}

function powerOf(row: GuestRow): PowerState {
  return row.status === "running" || row.status === "stopped" || row.status === "paused" ? row.status : "unknown";
}
