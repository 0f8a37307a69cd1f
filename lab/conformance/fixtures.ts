// What the recorded server held before the first recorded step: users, roles, rights, a template, an ISO image.
import { nowSeconds } from "../clock.ts";
import type { AclEntry, GuestState, LabState } from "../state.ts";

const GIB = 1_024 ** 3;
const TINY_ISO_BYTES = 16_984_064;

/** The user by whom the least privileges were found, before the recordings began. */
const FINDER = "disc@pve";
const FINDER_ROLES: Record<string, { path: string; privileges: string[] }> = {
  D_access_groups: { path: "/access/groups", privileges: ["Group.Allocate", "User.Modify"] },
  D_access_groups_dg: { path: "/access/groups/dg", privileges: ["Group.Allocate"] },
  D_access_realm_pve: { path: "/access/realm/pve", privileges: ["Realm.AllocateUser"] },
  D_pool: { path: "/pool", privileges: ["Pool.Allocate", "Pool.Audit", "VM.Allocate", "VM.Audit"] },
  D_sdn_zones_localnetwork: { path: "/sdn/zones/localnetwork", privileges: ["SDN.Use"] },
  D_storage_local: { path: "/storage/local", privileges: ["Datastore.AllocateSpace", "Datastore.Audit"] },
  D_storage_local_lvm: { path: "/storage/local-lvm", privileges: ["Datastore.AllocateSpace"] },
  D_vms_9000: { path: "/vms/9000", privileges: ["VM.Clone"] },
};

const SERVICE = "svc@pve";
const SERVICE_RIGHTS: [path: string, roleid: string][] = [
  ["/pool", "PVEPoolAdmin"],
  ["/pool", "PVEVMAdmin"],
  ["/pool", "PVEDatastoreUser"],
  ["/storage", "PVEDatastoreUser"],
  ["/sdn/zones", "PVESDNUser"],
  ["/access", "PVEUserAdmin"],
  ["/nodes", "PVEAuditor"],
  ["/vms/9000", "PVETemplateUser"],
];

/** The seeded state of a lab, with what is the portal's taken out and what was the recorded server's put in. */
export function stateFor(seeded: LabState): LabState {
  const root = seeded.users["root@pam"];
  if (root === undefined) throw new Error("a fresh lab has no root user");
  return {
    ...seeded,
    users: {
      "root@pam": { ...root, tokens: {} },
      [FINDER]: { enable: 1, expire: 0, tokens: {} },
      [SERVICE]: { enable: 1, expire: 0, tokens: {} },
    },
    groups: { dg: { users: [] } },
    roles: Object.fromEntries(Object.entries(FINDER_ROLES).map(([roleid, { privileges }]) => [roleid, privileges])),
    acl: [
      ...Object.entries(FINDER_ROLES).map(([roleid, { path }]) => grant(path, FINDER, roleid)),
      ...SERVICE_RIGHTS.map(([path, roleid]) => grant(path, SERVICE, roleid)),
    ],
    pools: {},
    storages: {
      local: {
        type: "dir",
        path: "/var/lib/vz",
        shared: 0,
        content: ["iso", "vztmpl", "backup", "snippets", "import"],
      },
      "local-lvm": { type: "dir", path: "/var/lib/vz-images", content: ["images", "rootdir"], shared: 0 },
    },
    guests: { 9000: blankTemplate() },
    volumes: {
      "local-lvm:9000/base-9000-disk-0.qcow2": {
        storage: "local-lvm",
        vmid: 9e3,
        node: "pve1",
        sizeBytes: GIB,
        format: "qcow2",
        content: "images",
        file: "9000/base-9000-disk-0.qcow2",
        createdAt: nowSeconds(),
      },
      "local:iso/tiny.iso": {
        storage: "local",
        vmid: 0,
        node: "pve1",
        sizeBytes: TINY_ISO_BYTES,
        format: "iso",
        content: "iso",
        createdAt: nowSeconds(),
      },
    },
    tasks: [],
  };
}

/** Somebody put a container template there. */
export function addTinyTemplate(state: LabState): void {
  state.volumes["local:vztmpl/debian-13-tiny_1_amd64.tar.gz"] = {
    storage: "local",
    vmid: 0,
    node: "pve1",
    sizeBytes: 1_067_487,
    format: "tgz",
    content: "vztmpl",
    createdAt: nowSeconds(),
  };
}

/** A template without an operating system: 64 MiB, one disk, no cloud-init, no agent. */
function blankTemplate(): GuestState {
  return {
    node: "pve1",
    config: {
      boot: "order=scsi0;net0",
      cpu: "qemu64",
      kvm: "0",
      memory: "64",
      meta: "creation-qemu=10.2.2,ctime=1795218710",
      name: "tmpl",
      net0: "virtio=BC:24:11:00:90:00,bridge=vmbr0",
      scsi0: "local-lvm:9000/base-9000-disk-0.qcow2,size=1G",
      scsihw: "virtio-scsi-pci",
      serial0: "socket",
      smbios1: "uuid=5a0c1f7e-0d0e-4b5f-9d0c-0c2d60a59000",
      template: "1",
      vmgenid: "7c3f0a7e-8a0e-4d5f-9d0c-0c2d60a59000",
    },
    pending: {},
    pendingDelete: [],
    poweredOn: false,
    flavour: "base",
  };
}

function grant(path: string, ugid: string, roleid: string): AclEntry {
  return { path, type: "user", ugid, roleid, propagate: 1 };
}
