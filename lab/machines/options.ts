// Which privilege each option of a guest's configuration needs, and which take effect while the guest is on.
import { holds } from "../access/evaluate.ts";
import { requirePrivileges } from "../access/checks.ts";
import { failed } from "../http/failure.ts";
import type { LabState } from "../state.ts";
import { DRIVE_SLOT } from "./drives.ts";

const BY_PRIVILEGE: Record<string, readonly string[]> = {
  "VM.Config.Memory": ["memory", "balloon", "shares", "hugepages", "keephugepages"],
  "VM.Config.CPU": ["cores", "cpu", "cpulimit", "cpuunits", "sockets", "vcpus", "smp", "numa", "affinity"],
  "VM.Config.Options": [
    "agent",
    "autostart",
    "bios",
    "description",
    "keyboard",
    "localtime",
    "migrate_downtime",
    "migrate_speed",
    "name",
    "onboot",
    "ostype",
    "protection",
    "reboot",
    "startdate",
    "tdf",
    "template",
    "tags",
    "efidisk0",
    "tpmstate0",
  ],
  "VM.Config.HWType": [
    "acpi",
    "allow-ksm",
    "arch",
    "audio0",
    "freeze",
    "hotplug",
    "ivshmem",
    "kvm",
    "machine",
    "rng0",
    "scsihw",
    "smbios1",
    "spice_enhancements",
    "tablet",
    "vga",
    "vmgenid",
    "watchdog",
  ],
  "VM.Config.Disk": ["boot", "bootdisk", "vmstatestorage"],
};
const CLOUD_INIT = ["ciuser", "cipassword", "citype", "ciupgrade", "cicustom", "sshkeys", "nameserver", "searchdomain"];
const ROOT_ONLY = ["args", "lock", "hookscript", "parallel", "usb", "hostpci", "virtiofs", "amd-sev", "intel-tdx"];
/** Take effect at once on a guest that is on: bookkeeping, network cards, drives, and what cloud-init reads at the next boot. */
const HOT = new Set([
  "lock",
  "name",
  "onboot",
  "shares",
  "startup",
  "description",
  "protection",
  "vmstatestorage",
  "hookscript",
  "tags",
  "autostart",
  "migrate_downtime",
  "migrate_speed",
  "cpulimit",
  "cpuunits",
  "balloon",
  ...CLOUD_INIT,
]);

/** Parameters of the update call that are no options themselves. */
export const CONTROL_PARAMETERS: ReadonlySet<string> = new Set([
  "node",
  "vmid",
  "digest",
  "delete",
  "revert",
  "skiplock",
  "force",
  "background_delay",
  "import-working-storage",
  "pool",
  "start",
  "storage",
  "archive",
  "bwlimit",
  "ha-managed",
  "live-restore",
  "unique",
]);

/** Refuses an option that the caller may not set on this guest; drives and network cards have further checks of their own. */
export function requireOption(state: LabState, authId: string, path: string, key: string, value: string | null): void {
  if (authId === "root@pam") return;
  if (DRIVE_SLOT.test(key)) {
    const cdrom = value !== null && (/media=cdrom/.test(value) || /:cloudinit/.test(value));
    return requirePrivileges(state, authId, path, [cdrom ? "VM.Config.CDROM" : "VM.Config.Disk"]);
  }
  const family = key.replace(/\d+$/, "");
  if (key === "startup") return requirePrivileges(state, authId, "/", ["Sys.Modify"]);
  if (family === "unused") return requirePrivileges(state, authId, path, ["VM.Config.Disk"]);
  if (family === "net") return requirePrivileges(state, authId, path, ["VM.Config.Network"]);
  if (family === "serial" && value === "socket") return requirePrivileges(state, authId, path, ["VM.Config.HWType"]);
  if (family === "numa") return requirePrivileges(state, authId, path, ["VM.Config.CPU"]);
  if (family === "ipconfig" || CLOUD_INIT.includes(key))
    return requirePrivileges(state, authId, path, ["VM.Config.Cloudinit", "VM.Config.Network"], true);
  if (ROOT_ONLY.includes(key) || ROOT_ONLY.includes(family) || family === "serial")
    throw failed(`only root can set '${key}' config`);
  const privilege = Object.entries(BY_PRIVILEGE).find(([, keys]) => keys.includes(key))?.[0];
  if (privilege === undefined) throw failed(`only root can set '${key}' config`);
  requirePrivileges(state, authId, path, [privilege]);
}

/** Refuses a network card on a bridge that the caller may not use. */
export function requireBridge(state: LabState, authId: string, card: string): void {
  const bridge = /(?:^|,)bridge=([^,]+)/.exec(card)?.[1];
  if (bridge === undefined) return;
  const tag = /(?:^|,)tag=(\d+)/.exec(card)?.[1];
  const zone = `/sdn/zones/localnetwork/${bridge}`;
  const path = tag === undefined ? zone : `${zone}/${tag}`;
  if (!holds(state, authId, zone, ["SDN.Use"])) requirePrivileges(state, authId, path, ["SDN.Use"]);
}

/** Whether a change of this option reaches a guest that is on without a restart. */
export function isHot(key: string): boolean {
  return HOT.has(key) || DRIVE_SLOT.test(key) || /^(net|ipconfig|unused)\d+$/.test(key);
}
