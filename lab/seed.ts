// A fresh cluster: storages, roles, the portal's provisioning user, pools, and templates to launch from.
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { secretHash } from "./access/authenticate.ts";
import { hashPassword } from "./access/crypt.ts";
import { nowSeconds } from "./clock.ts";
import { newMac } from "./machines/configure.ts";
import { addSyntheticGuests } from "./synthetic-seed.ts";
import type { AclEntry, GuestState, LabState, StorageState, VolumeState } from "./state.ts";

const GIB = 1_024 ** 3;
const MIB = 1_024 ** 2;
const USER = "nubemox@pve";
const TOKEN = "portal";
const TENANTS = "nubemox-tenants";
const TEMPLATE_BYTES = 1_067_487;
const FIRST_TEMPLATE = 9_000;

/** What the provisioning user may do in the portal's pools: the least with which launches, power, consoles and backups work. */
const PROVISIONER = [
  "Pool.Allocate",
  "Pool.Audit",
  "VM.Allocate",
  "VM.Audit",
  "VM.Backup",
  "VM.Clone",
  "VM.Config.CDROM",
  "VM.Config.CPU",
  "VM.Config.Cloudinit",
  "VM.Config.Disk",
  "VM.Config.Memory",
  "VM.Config.Network",
  "VM.Config.Options",
  "VM.Console",
  "VM.GuestAgent.Audit",
  "VM.GuestAgent.Unrestricted",
  "VM.PowerMgmt",
  "VM.Snapshot",
  "VM.Snapshot.Rollback",
];
const TENANT = [
  "Pool.Audit",
  "VM.Audit",
  "VM.Backup",
  "VM.Config.Options",
  "VM.Console",
  "VM.GuestAgent.Audit",
  "VM.PowerMgmt",
  "VM.Snapshot",
  "VM.Snapshot.Rollback",
];

/** Whoever keeps backups of guests that are gone must manage the storage that they are on. */
const BACKUPS = ["Datastore.Allocate", "Datastore.AllocateSpace"];

const GRANTS: [path: string, roleid: string][] = [
  ["/pool/nubemox", "NubemoxProvisioner"],
  ["/pool/templates", "PVETemplateUser"],
  ["/storage/local-lvm", "NubemoxStore"],
  ["/storage/local", "NubemoxBackups"],
  ["/storage/shared", "NubemoxBackups"],
  ["/sdn/zones/localnetwork", "NubemoxNet"],
  ["/access/groups", "NubemoxGroups"],
  ["/access/realm/pve", "NubemoxRealm"],
];

const SHARED_STORAGE: StorageState = {
  type: "nfs",
  path: "/mnt/pve/shared",
  content: ["images", "rootdir", "iso", "vztmpl", "backup"],
  shared: 1,
};

const TEMPLATES: { name: string; flavour: string; tags: string; about: string }[] = [
  { name: "tiny-linux", flavour: "base", tags: "linux;tiny", about: "A small Linux with a shell, ready in seconds." },
  { name: "tiny-web", flavour: "web", tags: "linux;tiny;web", about: "A small Linux with a web server on port 80." },
  { name: "tiny-lab", flavour: "base", tags: "lab;linux;tiny", about: "A small Linux for trying things out." },
];

export interface Secrets {
  rootPasswordFile: string;
  rootPassword: string;
  /** `user@realm!token=secret`, as the Authorization header wants it after `PVEAPIToken=`. */
  provisioningToken: string;
}

/** Root's password and the provisioning token, made on first use and kept in files that only their owner reads. */
export function loadSecrets(stateDir: string): Secrets {
  mkdirSync(stateDir, { recursive: true });
  const rootPasswordFile = join(stateDir, "root-password");
  const rootPassword = kept(rootPasswordFile, () => randomBytes(12).toString("base64url"));
  const provisioningToken = kept(join(stateDir, "provisioning-token"), () => `${USER}!${TOKEN}=${randomUUID()}`);
  return { rootPasswordFile, rootPassword, provisioningToken };
}

/** The state of a cluster that was just installed and prepared for the portal. */
export function seedState(nodeCount: number, secrets: Secrets, guestCount = 0): LabState {
  const nodes = Array.from({ length: nodeCount }, (_, index) => `pve${index + 1}`);
  const now = nowSeconds();
  const state: LabState = {
    version: 1,
    createdAt: now,
    nodes,
    users: {
      "root@pam": { enable: 1, expire: 0, passwordHash: hashPassword(secrets.rootPassword), tokens: {} },
      [USER]: {
        enable: 1,
        expire: 0,
        comment: "Nubemox portal",
        tokens: {
          [TOKEN]: {
            secretHash: secretHash(secrets.provisioningToken.split("=")[1] ?? ""),
            expire: 0,
            privsep: 0,
            comment: "provisioning",
          },
        },
      },
    },
    groups: { [TENANTS]: { comment: "tenants of the portal", users: [] } },
    roles: {
      NubemoxProvisioner: PROVISIONER,
      NubemoxTenant: TENANT,
      NubemoxStore: ["Datastore.AllocateSpace"],
      NubemoxBackups: BACKUPS,
      NubemoxNet: ["SDN.Use"],
      NubemoxGroups: ["Group.Allocate", "User.Modify"],
      NubemoxRealm: ["Realm.AllocateUser"],
    },
    acl: [
      ...GRANTS.filter(([path]) => nodes.length > 1 || path !== "/storage/shared").map(([path, roleid]): AclEntry => ({
        path,
        type: "user",
        ugid: USER,
        roleid,
        propagate: 1,
      })),
      // Tenants' own tokens write their backups.
      ...(nodes.length > 1 ? ["local", "shared"] : ["local"]).map((storage): AclEntry => ({
        path: `/storage/${storage}`,
        type: "group",
        ugid: TENANTS,
        roleid: "NubemoxStore",
        propagate: 1,
      })),
    ],
    pools: {
      nubemox: { comment: "services of the portal's tenants", vms: [], storage: [] },
      templates: {
        comment: "templates to launch from",
        vms: TEMPLATES.map((_, index) => FIRST_TEMPLATE + index),
        storage: [],
      },
    },
    storages: {
      local: {
        type: "dir",
        path: "/var/lib/vz",
        content: ["iso", "vztmpl", "backup", "snippets", "import"],
        shared: 0,
      },
      "local-lvm": { type: "dir", path: "/var/lib/vz-images", content: ["images", "rootdir"], shared: 0 },
      // Several nodes share a file server, without which no guest could move while it is on.
      ...(nodes.length > 1 ? { shared: SHARED_STORAGE } : {}),
    },
    guests: {},
    volumes: {},
    tasks: [],
  };
  addImages(state, nodes[0] ?? "pve1", now);
  for (const [index, template] of TEMPLATES.entries())
    addTemplate(state, FIRST_TEMPLATE + index, nodes[0] ?? "pve1", template, now);
  if (guestCount > 0) addSyntheticGuests(state, guestCount);
  return state;
}

/** An image to put into a CD drive, and a template to make containers from; the file systems of both are the lab's own. */
function addImages(state: LabState, node: string, now: number): void {
  const place = { storage: "local", vmid: 0, node, createdAt: now };
  state.volumes["local:iso/tiny.iso"] = { ...place, content: "iso", format: "iso", sizeBytes: 0, file: "iso/tiny.iso" };
  state.volumes["local:vztmpl/debian-13-tiny_1_amd64.tar.gz"] = {
    ...place,
    content: "vztmpl",
    format: "tgz",
    sizeBytes: TEMPLATE_BYTES,
  };
}

function addTemplate(
  state: LabState,
  vmid: number,
  node: string,
  template: (typeof TEMPLATES)[number],
  now: number,
): void {
  const disk = `local-lvm:${vmid}/base-${vmid}-disk-0.qcow2`;
  const cloudInit = `local-lvm:${vmid}/vm-${vmid}-cloudinit.qcow2`;
  const volume: VolumeState = {
    storage: "local-lvm",
    vmid,
    node,
    sizeBytes: GIB,
    format: "qcow2",
    content: "images",
    createdAt: now,
  };
  state.volumes[disk] = { ...volume, file: `${vmid}/base-${vmid}-disk-0.qcow2` };
  state.volumes[cloudInit] = { ...volume, sizeBytes: 4 * MIB };
  const guest: GuestState = {
    node,
    config: {
      agent: "enabled=1",
      boot: "order=scsi0;net0",
      cores: "1",
      cpu: "x86-64-v2-AES",
      description: `${template.about}\nflavour: ${template.flavour}`,
      ide2: `${cloudInit},media=cdrom,size=4M`,
      ipconfig0: "ip=dhcp",
      memory: "128",
      meta: `creation-qemu=10.2.2,ctime=${now}`,
      name: template.name,
      net0: `virtio=${newMac()},bridge=vmbr0`,
      ostype: "l26",
      scsi0: `${disk},size=1G`,
      scsihw: "virtio-scsi-pci",
      serial0: "socket",
      smbios1: `uuid=${randomUUID()}`,
      tags: template.tags,
      template: "1",
      vmgenid: randomUUID(),
    },
    pending: {},
    pendingDelete: [],
    poweredOn: false,
    flavour: template.flavour,
  };
  state.guests[vmid] = guest;
}

function kept(file: string, make: () => string): string {
  if (!existsSync(file)) writeFileSync(file, `${make()}\n`, { mode: 0o600 });
  return readFileSync(file, "utf8").trim();
}
