// The privileges that Proxmox VE 9 knows, and its built-in roles.

const VM_USER = [
  "VM.Audit",
  "VM.Backup",
  "VM.Config.CDROM",
  "VM.Config.Cloudinit",
  "VM.Console",
  "VM.GuestAgent.Audit",
  "VM.GuestAgent.FileRead",
  "VM.GuestAgent.FileSystemMgmt",
  "VM.GuestAgent.FileWrite",
  "VM.PowerMgmt",
];
const VM_ADMIN = [
  ...VM_USER,
  "VM.Allocate",
  "VM.Clone",
  "VM.Config.CPU",
  "VM.Config.Disk",
  "VM.Config.HWType",
  "VM.Config.Memory",
  "VM.Config.Network",
  "VM.Config.Options",
  "VM.GuestAgent.Unrestricted",
  "VM.Migrate",
  "VM.Replicate",
  "VM.Snapshot",
  "VM.Snapshot.Rollback",
];
const DATASTORE_USER = ["Datastore.AllocateSpace", "Datastore.Audit"];
const DATASTORE_ADMIN = [...DATASTORE_USER, "Datastore.Allocate", "Datastore.AllocateTemplate"];
const SDN_ADMIN = ["SDN.Allocate", "SDN.Audit", "SDN.Use"];
const MAPPING_USER = ["Mapping.Audit", "Mapping.Use"];
const POOL_ADMIN = ["Pool.Allocate", "Pool.Audit"];
const SYS_ADMIN = ["Sys.Audit", "Sys.Console", "Sys.Syslog"];
const USER_ADMIN = ["Group.Allocate", "Realm.AllocateUser", "User.Modify"];
const PVE_ADMIN = [
  ...DATASTORE_ADMIN,
  ...MAPPING_USER,
  ...POOL_ADMIN,
  ...SDN_ADMIN,
  ...SYS_ADMIN,
  ...USER_ADMIN,
  ...VM_ADMIN,
];
const ADMINISTRATOR = [
  ...PVE_ADMIN,
  "Mapping.Modify",
  "Permissions.Modify",
  "Realm.Allocate",
  "Sys.AccessNetwork",
  "Sys.Incoming",
  "Sys.Modify",
  "Sys.PowerMgmt",
];

/** Every privilege, in alphabetical order. */
export const PRIVILEGES: readonly string[] = [...ADMINISTRATOR].sort();

/** Roles that cannot be changed or deleted. */
export const BUILT_IN_ROLES: Readonly<Record<string, readonly string[]>> = {
  Administrator: PRIVILEGES,
  NoAccess: [],
  PVEAdmin: [...PVE_ADMIN].sort(),
  PVEAuditor: [
    "Datastore.Audit",
    "Mapping.Audit",
    "Pool.Audit",
    "SDN.Audit",
    "Sys.Audit",
    "VM.Audit",
    "VM.GuestAgent.Audit",
  ],
  PVEDatastoreAdmin: [...DATASTORE_ADMIN].sort(),
  PVEDatastoreUser: DATASTORE_USER,
  PVEMappingAdmin: [...MAPPING_USER, "Mapping.Modify"].sort(),
  PVEMappingUser: MAPPING_USER,
  PVEPoolAdmin: POOL_ADMIN,
  PVEPoolUser: ["Pool.Audit"],
  PVESDNAdmin: SDN_ADMIN,
  PVESDNUser: ["SDN.Audit", "SDN.Use"],
  PVESysAdmin: SYS_ADMIN,
  PVETemplateUser: ["VM.Audit", "VM.Clone"],
  PVEUserAdmin: USER_ADMIN,
  PVEVMAdmin: [...VM_ADMIN].sort(),
  PVEVMUser: VM_USER,
};
