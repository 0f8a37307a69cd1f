// What a guest's disks can do, and the files of its cloud-init drive.
import { holds } from "../access/evaluate.ts";
import { required, text, vmidOf, type Call, type Endpoint } from "../http/endpoint.ts";
import { cloudInitFile } from "../machines/cloud-init.ts";
import { disksOf } from "../machines/drives.ts";
import type { GuestKind } from "../machines/machines.ts";
import { existing } from "../machines/snapshots.ts";

export const featureEndpoints: Endpoint[] = [
  { route: "GET /nodes/{node}/qemu/{vmid}/feature", run: (call) => feature(call, "qemu") },
  { route: "GET /nodes/{node}/lxc/{vmid}/feature", run: (call) => feature(call, "lxc") },
  { route: "GET /nodes/{node}/qemu/{vmid}/cloudinit/dump", run: dump },
  {
    // The drive's content is written at each start, so there is nothing to write now.
    route: "PUT /nodes/{node}/qemu/{vmid}/cloudinit",
    run: (call) => (call.lab.machines.require(call.node, vmidOf(call)), null),
  },
];

function feature(call: Call, kind: GuestKind): unknown {
  const { lab, node } = call;
  const guest = lab.machines.require(node, vmidOf(call), kind);
  const snapshot = text(call, "snapname");
  const config = snapshot === undefined ? guest.config : existing(guest, snapshot).config;
  const volumes = disksOf(config).map(([, drive]) => lab.machines.volumes.get(drive.volid));
  const copyable = volumes.every((volume) => volume !== undefined && volume.format !== "subvol");
  const has = {
    snapshot: copyable && guest.config["template"] !== "1",
    clone: copyable && guest.config["template"] === "1",
    copy: copyable,
  }[required(call, "feature")];
  return { hasFeature: has === true ? 1 : 0, ...(kind === "qemu" ? { nodes: [node] } : {}) };
}

function dump(call: Call): string {
  const { lab, identity } = call;
  const vmid = vmidOf(call);
  const guest = lab.machines.require(call.node, vmid);
  const type = required(call, "type");
  const masked = !holds(lab.state, identity.authId, `/vms/${vmid}`, ["VM.Config.Cloudinit"]);
  return cloudInitFile(vmid, guest, type === "network" || type === "meta" ? type : "user", masked);
}
