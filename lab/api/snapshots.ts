// Snapshots of virtual machines and containers.
import { requirePrivileges } from "../access/checks.ts";
import { flag, required, text, vmidOf, type Call, type Endpoint } from "../http/endpoint.ts";
import { failed } from "../http/failure.ts";
import { digestOf } from "../machines/configure.ts";
import type { GuestKind } from "../machines/machines.ts";
import { dropSnapshot, existing, rollBack, takeSnapshot, type SnapshotOrder } from "../machines/snapshots.ts";
import { shownConfig } from "./config.ts";

const RESERVED = ["current", "pending"];
/** Simulated time before a task's work, on top of what the work itself takes. */
const TASK_MS = 100;

export const snapshotEndpoints: Endpoint[] = (["qemu", "lxc"] as const).flatMap(endpointsOf);

function endpointsOf(kind: GuestKind): Endpoint[] {
  const path = `/nodes/{node}/${kind}/{vmid}/snapshot`;
  return [
    { route: `GET ${path}`, run: (call) => list(call, kind) },
    { route: `POST ${path}`, run: (call) => take(call, kind) },
    { route: `GET ${path}/{snapname}`, run: () => [{ cmd: "rollback" }, { cmd: "config" }] },
    { route: `DELETE ${path}/{snapname}`, run: (call) => drop(call, kind) },
    { route: `GET ${path}/{snapname}/config`, run: (call) => showConfig(call, kind) },
    { route: `PUT ${path}/{snapname}/config`, run: (call) => describe(call, kind) },
    { route: `POST ${path}/{snapname}/rollback`, run: (call) => rollback(call, kind) },
  ];
}

function list(call: Call, kind: GuestKind): unknown[] {
  const { lab, node } = call;
  const guest = lab.machines.require(node, vmidOf(call), kind);
  const rows = Object.entries(guest.snapshots ?? {})
    .filter(([, snapshot]) => snapshot.config["snapstate"] === undefined)
    .map(([name, snapshot]) => ({
      name,
      description: snapshot.description,
      snaptime: snapshot.takenAt,
      ...parentOf(snapshot.config),
      ...(kind === "qemu" ? { vmstate: snapshot.vmstate === undefined ? 0 : 1 } : {}),
    }));
  const present = {
    name: "current",
    description: "You are here!",
    digest: digestOf(guest),
    running: lab.machines.running(vmidOf(call)) === undefined ? 0 : 1,
    ...parentOf(guest.config),
  };
  return [...rows, present];
}

function parentOf(config: Record<string, string>): { parent?: string } {
  const parent = config["parent"];
  return parent === undefined ? {} : { parent };
}

function take(call: Call, kind: GuestKind): string {
  const { lab, node } = call;
  const name = required(call, "snapname");
  if (RESERVED.includes(name)) throw failed(`unable to use snapshot name '${name}' (reserved name)`);
  if (kind === "qemu") lab.machines.require(node, vmidOf(call));
  const order = { ...orderOf(call, kind), description: text(call, "description") ?? "", memory: flag(call, "vmstate") };
  return start(call, `${prefix(kind)}snapshot`, (context) => takeSnapshot(lab, order, context));
}

function rollback(call: Call, kind: GuestKind): string {
  const { lab, identity } = call;
  if (flag(call, "start")) requirePrivileges(lab.state, identity.authId, `/vms/${vmidOf(call)}`, ["VM.PowerMgmt"]);
  const order = { ...orderOf(call, kind), start: flag(call, "start") };
  return start(call, `${prefix(kind)}rollback`, (context) => rollBack(lab, order, context));
}

function drop(call: Call, kind: GuestKind): string {
  const order = { ...orderOf(call, kind), force: flag(call, "force") };
  return start(call, `${prefix(kind)}delsnapshot`, (context) => dropSnapshot(call.lab, order, context));
}

function showConfig(call: Call, kind: GuestKind): unknown {
  const guest = call.lab.machines.require(call.node, vmidOf(call), kind);
  const snapshot = existing(guest, required(call, "snapname"));
  return {
    ...shownConfig(snapshot.config, kind),
    snaptime: snapshot.takenAt,
    description: snapshot.description,
    ...(snapshot.vmstate === undefined ? {} : { vmstate: snapshot.vmstate, runningmachine: "pc-i440fx-10.2+pve0" }),
  };
}

function describe(call: Call, kind: GuestKind): null {
  const guest = call.lab.machines.require(call.node, vmidOf(call), kind);
  const snapshot = existing(guest, required(call, "snapname"));
  snapshot.description = text(call, "description") ?? snapshot.description;
  call.lab.store.changed();
  return null;
}

function orderOf(call: Call, kind: GuestKind): SnapshotOrder {
  return { kind, node: call.node, vmid: vmidOf(call), name: required(call, "snapname") };
}

function prefix(kind: GuestKind): string {
  return kind === "qemu" ? "qm" : "vz";
}

function start(call: Call, type: string, work: Parameters<Call["lab"]["tasks"]["start"]>[0]["work"]): string {
  const { lab, node, identity } = call;
  return lab.tasks.start({
    node,
    type,
    id: String(vmidOf(call)),
    authId: identity.authId,
    durationMs: TASK_MS,
    work,
  });
}
