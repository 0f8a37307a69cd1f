// Migration of guests between nodes: what stands in its way, and the move itself.
import { requirePrivileges } from "../access/checks.ts";
import { flag, required, text, vmidOf, type Call, type Endpoint } from "../http/endpoint.ts";
import { badParameters, failed } from "../http/failure.ts";
import { refuseLocked, type GuestKind } from "../machines/machines.ts";
import { localDisks, migrateGuest, type MigrateOrder } from "../machines/migrate.ts";

/** Reserved for root, whose tokens do not count. */
const ROOT_ONLY = ["force", "migration_type", "migration_network"];

export const migrateEndpoints: Endpoint[] = [
  { route: "GET /nodes/{node}/qemu/{vmid}/migrate", run: preconditions },
  { route: "POST /nodes/{node}/qemu/{vmid}/migrate", run: (call) => migrate(call, "qemu") },
  { route: "GET /nodes/{node}/lxc/{vmid}/migrate", run: containerPreconditions },
  { route: "POST /nodes/{node}/lxc/{vmid}/migrate", run: (call) => migrate(call, "lxc") },
];

function preconditions(call: Call): unknown {
  const { lab, node } = call;
  const guest = lab.machines.require(node, vmidOf(call));
  return {
    running: lab.machines.running(vmidOf(call)) === undefined ? 0 : 1,
    ...otherNodes(call),
    local_disks: localDisks(lab, guest).map(({ slot, volid, size, cdrom, isUnused }) => ({
      drivename: slot,
      volid,
      size,
      cdrom: cdrom ? 1 : 0,
      is_unused: isUnused ? 1 : 0,
      replicate: 1,
      shared: 0,
    })),
    local_resources: [],
    "mapped-resources": [],
    "mapped-resource-info": {},
    "has-dbus-vmstate": 1,
  };
}

function containerPreconditions(call: Call): unknown {
  call.lab.machines.require(call.node, vmidOf(call), "lxc");
  return { running: call.lab.machines.running(vmidOf(call)) === undefined ? 0 : 1, ...otherNodes(call) };
}

function otherNodes({ lab, node }: Call): { allowed_nodes: string[]; not_allowed_nodes: Record<string, never> } {
  const others = lab.state.nodes.filter((name) => name !== node && lab.nodes.isOnline(name));
  return { allowed_nodes: others, not_allowed_nodes: {} };
}

function migrate(call: Call, kind: GuestKind): string {
  const { lab, node, identity } = call;
  const [vmid, target] = [vmidOf(call), required(call, "target")];
  if (!lab.state.nodes.includes(target)) throw failed(`no such cluster node '${target}'`);
  if (target === node) throw badParameters({ target: "target is local node." });
  const reserved = ROOT_ONLY.find((name) => text(call, name) !== undefined);
  if (reserved !== undefined && identity.authId !== "root@pam")
    throw badParameters({ [reserved]: "Only root may use this option." });
  const guest = lab.machines.require(node, vmid, kind);
  refuseLocked(guest);
  const isOn = lab.machines.running(vmid) !== undefined;
  const [online, restart] = [flag(call, "online"), flag(call, "restart")];
  if (isOn && kind === "qemu" && !online) throw failed("can't migrate running VM without --online");
  if (isOn && kind === "lxc" && !restart)
    throw failed(
      online
        ? "lxc live migration is currently not implemented"
        : "can't migrate running container without --online or --restart",
    );
  const order: MigrateOrder = { vmid, node, target, online, restart, withLocalDisks: flag(call, "with-local-disks") };
  const storage = text(call, kind === "qemu" ? "targetstorage" : "target-storage");
  if (storage !== undefined && storage !== "1") {
    if (lab.state.storages[storage] === undefined) throw failed(`storage '${storage}' does not exist`);
    requirePrivileges(lab.state, identity.authId, `/storage/${storage}`, ["Datastore.AllocateSpace"]);
    order.storage = storage;
  }
  return lab.tasks.start({
    node,
    type: kind === "qemu" ? "qmigrate" : "vzmigrate",
    id: String(vmid),
    authId: identity.authId,
    durationMs: 0,
    work: (context) => lab.machines.withLock(vmid, context.log, () => migrateGuest(lab, order, context)),
  });
}
