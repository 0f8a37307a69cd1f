// Reads and writes the drive lines of a guest's configuration, such as `local-lvm:301/vm-301-disk-0.qcow2,size=1G`.

export const DRIVE_SLOT = /^(ide[0-3]|sata[0-5]|scsi(?:[12]?\d|30)|virtio(?:\d|1[0-5]))$/;

/** Where a container's volumes are mounted. */
export const MOUNT_SLOT = /^(rootfs|mp\d+)$/;

export interface Drive {
  volid: string;
  options: Record<string, string>;
}

export function parseDrive(text: string): Drive {
  const [first = "", ...rest] = text.split(",");
  const drive: Drive = { volid: first.replace(/^(file|volume)=/, ""), options: {} };
  for (const part of rest) {
    const equals = part.indexOf("=");
    const key = part.slice(0, equals);
    if (key === "file" || key === "volume") drive.volid = part.slice(equals + 1);
    else if (equals > 0) drive.options[key] = part.slice(equals + 1);
  }
  return drive;
}

export function formatDrive(drive: Drive): string {
  return [drive.volid, ...Object.entries(drive.options).map(([key, value]) => `${key}=${value}`)].join(",");
}

/** Slot and drive of everything attached. */
export function drivesOf(config: Record<string, string>): [string, Drive][] {
  return Object.entries(config)
    .filter(([key]) => DRIVE_SLOT.test(key))
    .map(([key, value]) => [key, parseDrive(value)]);
}

/** CD-ROMs and cloud-init drives: not copied on write, not counted as disks. */
export function isCdrom(drive: Drive): boolean {
  return drive.options["media"] === "cdrom" || isCloudInit(drive);
}

export function isCloudInit(drive: Drive): boolean {
  return /[:/-]cloudinit(\.[a-z0-9]+)?$/.test(drive.volid);
}

const UNITS = { K: 1_024, M: 1_024 ** 2, G: 1_024 ** 3, T: 1_024 ** 4 } as const;

/** Bytes of a size such as `2G`, `512M` or plain bytes; a leading `+` is left out. */
export function parseSize(text: string): number {
  const match = /^\+?(\d+(?:\.\d+)?)([KMGT])?$/.exec(text);
  if (match === null) return 0;
  const unit = match[2] as keyof typeof UNITS | undefined;
  return Math.floor(Number(match[1]) * (unit === undefined ? 1 : UNITS[unit]));
}

/** The largest unit that divides evenly: `1G`, `2560M`. */
export function formatSize(bytes: number): string {
  for (const unit of ["T", "G", "M", "K"] as const)
    if (bytes >= UNITS[unit] && bytes % UNITS[unit] === 0) return `${bytes / UNITS[unit]}${unit}`;
  return String(bytes);
}

/** Slot and volume of every disk with data of a guest of either kind. */
export function disksOf(config: Record<string, string>): [string, Drive][] {
  const mounts = Object.entries(config)
    .filter(([key]) => MOUNT_SLOT.test(key))
    .map(([key, value]): [string, Drive] => [key, parseDrive(value)]);
  return [...drivesOf(config).filter(([, drive]) => !isCdrom(drive)), ...mounts];
}
