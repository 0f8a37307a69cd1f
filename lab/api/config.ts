// A guest's configuration: read with and without what is pending, and changed at once or as a task.
import { CONTRACTS, propertyOf } from "../contract/table.ts";
import { flag, items, text, vmidOf, type Call, type Endpoint } from "../http/endpoint.ts";
import { failed } from "../http/failure.ts";
import { applyChange, digestOf, readChange, type Change } from "../machines/configure.ts";
import { refuseLocked, type GuestKind } from "../machines/machines.ts";
import { existing } from "../machines/snapshots.ts";
import type { GuestState } from "../state.ts";
import { refuseSkipLock } from "./guests.ts";

const CONFIG_MS = 300;
const MASK = "**********";
const OPTIONS = {
  qemu: CONTRACTS["PUT /nodes/{node}/qemu/{vmid}/config"]?.parameters ?? {},
  lxc: CONTRACTS["PUT /nodes/{node}/lxc/{vmid}/config"]?.parameters ?? {},
};

export const configEndpoints: Endpoint[] = [
  { route: "GET /nodes/{node}/qemu/{vmid}/config", run: (call) => configOf(call, "qemu") },
  { route: "PUT /nodes/{node}/qemu/{vmid}/config", run: updateNow },
  { route: "POST /nodes/{node}/qemu/{vmid}/config", run: updateAsTask },
  { route: "GET /nodes/{node}/qemu/{vmid}/pending", run: (call) => pendingOf(call, "qemu") },
  { route: "PUT /nodes/{node}/qemu/{vmid}/unlink", run: unlink },
  { route: "GET /nodes/{node}/qemu/{vmid}/cloudinit", run: pendingCloudInit },
];

/** A guest's options, of the present with or without what is pending, or of a snapshot. */
export function configOf(call: Call, kind: GuestKind): unknown {
  const guest = call.lab.machines.require(call.node, vmidOf(call), kind);
  const snapshot = text(call, "snapshot");
  if (snapshot !== undefined) {
    const { config, description, takenAt } = existing(guest, snapshot);
    return { ...shownConfig(config, kind), description, snaptime: takenAt };
  }
  const config: Record<string, string> = { ...guest.config };
  if (!flag(call, "current")) {
    for (const key of guest.pendingDelete) delete config[key];
    Object.assign(config, guest.pending);
  }
  return { ...shownConfig(config, kind), digest: digestOf(guest) };
}

/** A guest's options as the API shows them. */
export function shownConfig(config: Record<string, string>, kind: GuestKind): Record<string, string | number> {
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, shownValue(key, value, kind)]));
}

/** A guest's options, each with what becomes of it at the next start. */
export function pendingOf(call: Call, kind: GuestKind): unknown[] {
  const guest = call.lab.machines.require(call.node, vmidOf(call), kind);
  const keys = new Set([...Object.keys(guest.config), ...Object.keys(guest.pending)]);
  const rows: unknown[] = [...keys].map((key) => {
    const [value, pending] = [guest.config[key], guest.pending[key]];
    return {
      key,
      ...(value === undefined ? {} : { value: shownValue(key, value, kind) }),
      ...(pending === undefined ? {} : { pending: shownValue(key, pending, kind) }),
      ...(guest.pendingDelete.includes(key) ? { delete: 1 } : {}),
    };
  });
  return [...rows, { key: "digest", value: digestOf(guest) }];
}

async function updateNow(call: Call): Promise<null> {
  const { guest, change } = checkedChange(call);
  await call.lab.machines.withLock(
    vmidOf(call),
    () => {},
    () => applyChange(call.lab, vmidOf(call), guest, change, () => {}),
  );
  return null;
}

function updateAsTask(call: Call): string {
  const { lab, node, identity } = call;
  const vmid = vmidOf(call);
  const { guest, change } = checkedChange(call);
  const spoken = [
    ...Object.entries(change.set),
    ...(change.drop.length > 0 ? [["delete", change.drop.join(",")] as const] : []),
  ]
    .sort(([left], [right]) => left.localeCompare(right))
    .map(([key, value]) => ` -${key} ${key === "cipassword" ? "<hidden>" : value}`);
  return lab.tasks.start({
    node,
    type: "qmconfig",
    id: String(vmid),
    authId: identity.authId,
    durationMs: CONFIG_MS,
    work: ({ log }) => {
      log(`update VM ${vmid}:${spoken.join("")}`);
      return lab.machines.withLock(vmid, log, async () => {
        if (lab.state.guests[vmid] !== guest)
          throw failed(`Configuration file 'nodes/${node}/qemu-server/${vmid}.conf' does not exist`);
        await applyChange(lab, vmid, guest, change, log);
      });
    },
  });
}

function checkedChange(call: Call): { guest: GuestState; change: Change } {
  const { lab, node, identity } = call;
  const vmid = vmidOf(call);
  refuseSkipLock(call);
  const guest = lab.machines.require(node, vmid);
  const change = readChange(lab, identity.authId, `/vms/${vmid}`, call.params, guest);
  if (Object.keys(change.set).length + change.drop.length + change.revert.length === 0)
    throw failed("no options specified");
  const digest = text(call, "digest");
  if (digest !== undefined && digest !== digestOf(guest))
    throw failed("checksum mismatch (file change by other user?)");
  if (!flag(call, "skiplock")) refuseLocked(guest);
  return { guest, change };
}

async function unlink(call: Call): Promise<null> {
  const { lab, node } = call;
  const vmid = vmidOf(call);
  const guest = lab.machines.require(node, vmid);
  refuseLocked(guest);
  await applyChange(lab, vmid, guest, { set: {}, drop: items(call, "idlist"), revert: [] }, () => {});
  if (flag(call, "force")) {
    const unused = Object.keys(guest.config).filter((key) => /^unused\d+$/.test(key));
    await applyChange(lab, vmid, guest, { set: {}, drop: unused, revert: [] }, () => {});
  }
  return null;
}

function pendingCloudInit(call: Call): unknown[] {
  const { config } = call.lab.machines.require(call.node, vmidOf(call));
  return ["ciuser", "cipassword", "sshkeys", "nameserver", "searchdomain"]
    .filter((key) => config[key] !== undefined)
    .map((key) => ({ key, value: shownValue(key, config[key] ?? "") }));
}

/** Whole numbers and booleans come out as numbers, passwords not at all. */
export function shownValue(key: string, value: string, kind: GuestKind = "qemu"): string | number {
  if (key === "cipassword") return MASK;
  const type = propertyOf(OPTIONS[kind], key)?.type;
  return (type === "integer" || type === "boolean") && /^-?\d+$/.test(value) ? Number(value) : value;
}
