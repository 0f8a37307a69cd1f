// The requests that `npm run bench:crash` is cut off in: what each needs beforehand, and how it is sent any number of times.
import { randomUUID } from "node:crypto";
import type { Accepted } from "../../worker/rules/views.ts";
import { ended, launchBody, launched } from "../harness/portal.ts";
import type { Tenant } from "../harness/portal.ts";
import { backUp, backupsOf, snap, snapshotsOf } from "../harness/verb-requests.ts";
import type { Asked } from "../harness/verb-requests.ts";

export type CrashVerb =
  | "launch"
  | "delete"
  | "resize"
  | "snapshot"
  | "rollback"
  | "snapshot_delete"
  | "clone"
  | "backup"
  | "backup_delete"
  | "restore";

export interface Request {
  /** Sends it; answers the operation's id. */
  (): Promise<string>;
  key: string;
}

/** Makes what the verb needs, and answers its request, to be sent under one key. */
export async function requestOf(tenant: Tenant, verb: CrashVerb): Promise<Request> {
  const key = randomUUID();
  const [method, path, body] = await partsOf(tenant, verb);
  const send = async (): Promise<string> => {
    const answer = await tenant.person.send<Accepted>(method, tenant.at(path), body, { key });
    if (answer.status !== 202) throw new Error(`answered ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body.operation.id;
  };
  return Object.assign(send, { key });
}

async function partsOf(tenant: Tenant, verb: CrashVerb): Promise<[method: string, path: string, body?: unknown]> {
  if (verb === "launch") return ["POST", "/services", await launchBody(tenant)];
  const service = await launched(tenant);
  const at = `/services/${service.id}`;
  switch (verb) {
    case "delete":
      return ["DELETE", `${at}?confirm=${service.name}`];
    case "resize":
      return ["PUT", `${at}/size`, { cores: 2, memoryMiB: 256, diskGiB: 4 }];
    case "snapshot":
      return ["POST", `${at}/snapshots`, { name: "first" }];
    case "clone":
      return ["POST", `${at}/clone`, { name: `${service.name}-2` }];
    case "backup":
      return ["POST", `${at}/backups`, { notes: "", protected: false }];
    case "rollback":
    case "snapshot_delete": {
      await whole(tenant, await snap(tenant, service.id, "first"));
      const [snapshot] = await snapshotsOf(tenant, service.id);
      const path = `${at}/snapshots/${snapshot?.id}`;
      return verb === "rollback" ? ["POST", `${path}/rollback`] : ["DELETE", path];
    }
    default: {
      await whole(tenant, await backUp(tenant, service.id));
      const [backup] = await backupsOf(tenant);
      const path = `/backups/${backup?.id}`;
      return verb === "restore" ? ["POST", `${path}/restore`, { name: `${service.name}-2` }] : ["DELETE", path];
    }
  }
}

async function whole(tenant: Tenant, asked: Asked): Promise<void> {
  const operation = await ended(tenant, asked.body.operation.id);
  if (operation.status !== "succeeded") throw new Error(`${operation.kind} ended ${operation.status}`);
}
