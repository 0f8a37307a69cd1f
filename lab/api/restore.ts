// Restores as calls: who may restore what over what, before the task starts.
import { holds } from "../access/evaluate.ts";
import { requirePrivileges } from "../access/checks.ts";
import { flag, text, vmidOf, type Call } from "../http/endpoint.ts";
import { badParameters, failed, forbidden } from "../http/failure.ts";
import { parseArchive } from "../machines/backups.ts";
import { readChange, type Change } from "../machines/configure.ts";
import { DRIVE_SLOT } from "../machines/drives.ts";
import type { GuestKind } from "../machines/machines.ts";
import { restoreGuest } from "../machines/restore.ts";
import { requireBackupAccess } from "./backups.ts";
import { refuseMissingPool, requirePowerOn } from "./guests.ts";

const START_MS = 200;

/** POST /nodes/{node}/qemu with `archive`. */
export function restoreMachine(call: Call): string {
  const { lab, identity } = call;
  const archive = text(call, "archive") ?? "";
  const pool = text(call, "pool");
  const conflicts = Object.keys(call.params).filter((name) => DRIVE_SLOT.test(name));
  if (conflicts.length > 0)
    throw badParameters(Object.fromEntries(conflicts.map((name) => [name, "option conflicts with option 'archive'"])));
  return restore(call, "qemu", archive, () =>
    readChange(
      lab,
      identity.authId,
      `/vms/${vmidOf(call)}`,
      call.params,
      lab.state.guests[vmidOf(call)] ?? null,
      pool === undefined ? null : `/pool/${pool}`,
    ),
  );
}

/** Starts the task that restores a guest; `change` reads what is to differ from the backup. */
export function restore(call: Call, kind: GuestKind, archive: string, change: () => Change): string {
  const { lab, node, identity } = call;
  const { state } = lab;
  const { authId } = identity;
  const vmid = vmidOf(call);
  const [pool, storage] = [text(call, "pool"), text(call, "storage")];
  const title = `${kind === "lxc" ? "CT" : "VM"} ${vmid}`;
  refuseMissingPool(call, pool);
  if (storage !== undefined) requirePrivileges(state, authId, `/storage/${storage}`, ["Datastore.AllocateSpace"]);
  const current = state.guests[vmid];
  const force = flag(call, "force");
  const allowed =
    holds(state, authId, `/vms/${vmid}`, ["VM.Allocate"]) ||
    (pool !== undefined && holds(state, authId, `/pool/${pool}`, ["VM.Allocate"])) ||
    (force && current !== undefined && holds(state, authId, `/vms/${vmid}`, ["VM.Backup"]));
  if (!allowed) throw forbidden();
  requirePowerOn(call, pool);
  if (!archive.includes(":"))
    throw failed("Only root can pass arbitrary filesystem paths. at /usr/share/perl5/PVE/Storage.pm line 651.");
  const source = parseArchive(archive);
  if (source === null) throw failed(`unable to parse directory volume name '${archive.split(":")[1] ?? ""}'`);
  if (source.vmid !== vmid) requireBackupAccess(call, archive, source.vmid);
  const backup = lab.machines.volumes.require(archive).backup;
  if (backup?.kind !== kind) throw failed(`unable to restore ${title} - archive is of another kind of guest`);
  if (current !== undefined && (!force || (current.kind ?? "qemu") !== kind))
    throw failed(
      kind === "lxc"
        ? `CT ${vmid} already exists on node '${current.node}'`
        : `unable to restore ${title} - ${title} already exists on node '${current.node}'`,
    );
  if (current !== undefined && current.node !== node)
    throw failed(`unable to restore ${title} - VM ${vmid} already exists on node '${current.node}'`);
  const order = {
    node,
    vmid,
    archive,
    authId,
    storage: storage ?? null,
    pool: pool ?? null,
    unique: flag(call, "unique"),
    start: flag(call, "start"),
    change: change(),
  };
  if (current === undefined)
    state.guests[vmid] = {
      ...(kind === "lxc" ? { kind } : {}),
      node,
      config: { lock: "create" },
      pending: {},
      pendingDelete: [],
      poweredOn: false,
      flavour: backup.flavour,
    };
  lab.store.changed();
  const unmake = (): void => {
    if (current === undefined && state.guests[vmid]?.config["lock"] === "create") lab.machines.forget(vmid);
  };
  return lab.tasks.start({
    node,
    type: kind === "lxc" ? "vzrestore" : "qmrestore",
    id: String(vmid),
    authId,
    durationMs: START_MS,
    unmake,
    work: async (context) => {
      try {
        await restoreGuest(lab, order, context);
      } catch (error) {
        unmake();
        throw error;
      }
    },
  });
}
