// The drive of a virtual machine: where an image is put, which boot order goes with it, and how both are taken back.

/** Options of a guest as its configuration has them. */
export type Options = Record<string, unknown>;

/** What is set, and what is taken out. */
export interface DriveChange {
  set: Record<string, string>;
  drop: string[];
}

/** Slots that the portal puts images in: never where templates have their disks or the drive of cloud-init. */
const SLOTS = ["ide3", "sata0", "sata1", "sata2", "sata3", "sata4", "sata5"] as const;

const EMPTY = "none,media=cdrom";

/**
 * The slot that holds an image of the portal's, or that it has emptied while the guest was on; null where there is none.
 * `volumes` are the images that the portal offers, or has offered: what somebody else has put into a drive is left alone.
 */
export function driveOf(config: Options, volumes: readonly string[]): string | null {
  return SLOTS.find((slot) => isDrive(config[slot]) && [...volumes, "none"].includes(volumeOf(config[slot]))) ?? null;
}

/** The image in a slot; null where that is empty or none. */
export function imageIn(config: Options, slot: string | null): string | null {
  const volume = slot === null ? "none" : volumeOf(config[slot]);
  return volume === "none" || volume === "" ? null : volume;
}

/** Puts an image into the drive, which is made where there is none; null where no slot is free. */
export function mounting(
  config: Options,
  volumes: readonly string[],
  volume: string,
  boot: boolean,
): (DriveChange & { slot: string }) | null {
  const slot = driveOf(config, volumes) ?? SLOTS.find((name) => config[name] === undefined);
  if (slot === undefined) return null;
  const order = orderOf(config).filter((name) => name !== slot);
  const wanted = boot ? [slot, ...order] : order;
  return { slot, set: { [slot]: `${volume},media=cdrom`, ...bootChange(config, wanted) }, drop: [] };
}

/**
 * Takes the image out, and the drive out of the boot order. A drive cannot be pulled out of a machine that is on: there it stays,
 * empty, and is used again by the next image.
 */
export function ejecting(config: Options, volumes: readonly string[], isOn: boolean): DriveChange {
  const slot = driveOf(config, volumes);
  if (slot === null) return { set: {}, drop: [] };
  const order = bootChange(
    config,
    orderOf(config).filter((name) => name !== slot),
  );
  return isOn ? { set: { [slot]: EMPTY, ...order }, drop: [] } : { set: order, drop: [slot] };
}

function bootChange(config: Options, order: readonly string[]): Record<string, string> {
  const boot = `order=${order.join(";")}`;
  const isSame = config.boot === boot || (order.length === 0 && config.boot === undefined);
  return isSame || order.length === 0 ? {} : { boot };
}

/** Devices in the order in which they are booted from; of a configuration that says none, its disks. */
function orderOf(config: Options): string[] {
  const written = typeof config.boot === "string" ? /order=([^,]*)/.exec(config.boot)?.[1] : undefined;
  if (written !== undefined) return written.split(";").filter((name) => name !== "");
  return ["scsi0", "virtio0", "sata0", "ide0"].filter((slot) => config[slot] !== undefined && !isDrive(config[slot]));
}

function isDrive(line: unknown): boolean {
  return typeof line === "string" && /(^|,)media=cdrom(,|$)/.test(line) && !line.includes("cloudinit");
}

function volumeOf(line: unknown): string {
  return typeof line === "string" ? (line.split(",")[0] ?? "").replace(/^file=/, "") : "";
}
