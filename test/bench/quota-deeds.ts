// What the actors of `npm run bench:quota` do: each deed picks what it acts upon, as a person would, and sends one request.
import type { Person } from "../../lab/stack/person.ts";
import type { Answer } from "../../lab/stack/person.ts";
import type { Accepted, Problem } from "../../worker/rules/views.ts";
import { look } from "./quota-world.ts";
import type { Node, World } from "./quota-world.ts";

export type Reply = Answer<Partial<Accepted> & Partial<Problem>>;
export type Deed = (world: World, actor: { person: Person; node: Node }, random: () => number) => Promise<Reply | null>;

interface ServiceNow {
  id: string;
  name: string;
  cores: number;
  memory_mib: number;
  disk_gib: number;
}

/** Deeds with the weight at which each is chosen. A deed that finds nothing to act upon answers null and does not count. */
export const DEEDS: Record<string, { weight: number; run: Deed }> = {
  launch: {
    weight: 22,
    run: (world, { person, node }, random) =>
      person.send("POST", `/api/tenants/${node.id}/services`, {
        templateId: world.templateId,
        name: `vm-${Math.floor(random() * 1e9).toString(36)}`,
        size: { cores: 1 + whole(random, 3), memoryMiB: 128 * (1 + whole(random, 2)), diskGiB: 2 + whole(random, 2) },
        login: { user: "ana", password: "opensesame" },
      }),
  },
  resize: {
    weight: 14,
    run: onService((service, random) => ({
      method: "PUT",
      path: "/size",
      body: {
        cores: 1 + whole(random, 4),
        memoryMiB: 128 * (1 + whole(random, 3)),
        diskGiB: Math.max(2, service.disk_gib + whole(random, 3) - (random() < 0.1 ? 1 : 0)),
      },
    })),
  },
  clone: {
    weight: 7,
    run: onService((_service, random) => ({
      method: "POST",
      path: "/clone",
      body: { name: `copy-${Math.floor(random() * 1e9).toString(36)}` },
    })),
  },
  snapshot: {
    weight: 10,
    run: onService((_service, random) => ({
      method: "POST",
      path: "/snapshots",
      body: { name: `s${Math.floor(random() * 1e9).toString(36)}`, description: "", withMemory: false },
    })),
  },
  snapshot_delete: {
    weight: 5,
    run: onRow(
      "select id, service_id from snapshots where tenant_id = ?",
      (row: { id: string; service_id: string }) => ({
        method: "DELETE",
        path: `/services/${row.service_id}/snapshots/${row.id}`,
      }),
    ),
  },
  backup: {
    weight: 7,
    run: onService(() => ({ method: "POST", path: "/backups", body: { notes: "", protected: false } })),
  },
  restore: {
    weight: 6,
    run: onRow("select id from backups where tenant_id = ?", (row: { id: string }, random) => ({
      method: "POST",
      path: `/backups/${row.id}/restore`,
      body: { name: `back-${Math.floor(random() * 1e9).toString(36)}` },
    })),
  },
  backup_delete: {
    weight: 4,
    run: onRow("select id from backups where tenant_id = ?", (row: { id: string }) => ({
      method: "DELETE",
      path: `/backups/${row.id}`,
    })),
  },
  delete: {
    weight: 11,
    run: onService((service) => ({ method: "DELETE", path: `?confirm=${service.name}` })),
  },
  carve: { weight: 5, run: onChild((limits, random) => scaled(limits, 1 + random())) },
  lower: { weight: 4, run: onChild((limits, random) => scaled(limits, random())) },
  request: {
    weight: 3,
    run: (_world, { person, node }, random) =>
      person.send("POST", `/api/tenants/${node.id}/quota/requests`, {
        wanted: { vcpu: 4 + whole(random, 8), services: 3 + whole(random, 6) },
        message: "more, please",
      }),
  },
  decide: {
    weight: 3,
    run: async (world, { person, node }, random) => {
      const rows = look<{ id: string }>(
        world.site,
        "select id from quota_requests where parent_id = ? and status = 'open'",
        node.id,
      );
      const row = pick(rows, random);
      if (!row) return null;
      const verb = random() < 0.6 ? "approve" : "decline";
      return person.send("POST", `/api/tenants/${node.id}/requests/${row.id}/${verb}`, { message: "so be it" });
    },
  },
  suspend: { weight: 1, run: held("suspend", { reason: "unpaid", shutDown: false }) },
  resume: { weight: 3, run: held("resume", {}) },
};

/** Deed names, each as often as its weight. */
export const CHOICES: readonly string[] = Object.entries(DEEDS).flatMap(([name, { weight }]) =>
  Array<string>(weight).fill(name),
);

type Request = { method: string; path: string; body?: unknown };

function onService(make: (service: ServiceNow, random: () => number) => Request): Deed {
  return async (world, { person, node }, random) => {
    const rows = look<ServiceNow>(
      world.site,
      "select id, name, cores, memory_mib, disk_gib from services where tenant_id = ? and deleted_at is null",
      node.id,
    );
    const service = pick(rows, random);
    if (!service) return null;
    const { method, path, body } = make(service, random);
    return person.send(method, `/api/tenants/${node.id}/services/${service.id}${path}`, body);
  };
}

function onRow<Row>(sql: string, make: (row: Row, random: () => number) => Request): Deed {
  return async (world, { person, node }, random) => {
    const row = pick(look<Row>(world.site, sql, node.id), random);
    if (!row) return null;
    const { method, path, body } = make(row, random);
    return person.send(method, `/api/tenants/${node.id}${path}`, body);
  };
}

function onChild(change: (limits: Record<string, number>, random: () => number) => Record<string, number>): Deed {
  return async (world, { person, node }, random) => {
    const child = pick(
      world.nodes.filter((other) => other.parentId === node.id),
      random,
    );
    if (!child) return null;
    const rows = look<{ resource: string; limit: number }>(
      world.site,
      'select resource, "limit" from envelopes where tenant_id = ?',
      child.id,
    );
    const resources = rows.filter(() => random() < 0.4);
    const limits = change(Object.fromEntries(resources.map((row) => [row.resource, row.limit])), random);
    return person.send("PUT", `/api/tenants/${node.id}/children/${child.id}/limits`, { limits });
  };
}

function held(verb: "suspend" | "resume", body: unknown): Deed {
  return async (world, { person, node }, random) => {
    const child = pick(
      world.nodes.filter((other) => other.parentId === node.id),
      random,
    );
    return child ? person.send("POST", `/api/tenants/${node.id}/children/${child.id}/${verb}`, body) : null;
  };
}

function scaled(limits: Record<string, number>, factor: number): Record<string, number> {
  return Object.fromEntries(Object.entries(limits).map(([resource, limit]) => [resource, Math.round(limit * factor)]));
}

export function pick<Row>(rows: readonly Row[], random: () => number): Row | undefined {
  return rows[whole(random, rows.length)];
}

/** A whole number from 0 up to, but without, `below`. */
function whole(random: () => number, below: number): number {
  return Math.floor(random() * below);
}
