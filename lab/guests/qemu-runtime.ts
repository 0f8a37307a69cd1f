// Runs guests as real QEMU processes on this machine: command lines, disks, and the end of them all.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { guestAddress } from "./addresses.ts";
import type { GuestImage } from "./image/build.ts";
import { configDisk } from "./nocloud.ts";
import { AGENT_PORT, deviceId, driveId, nodeName, QemuGuest, socketsIn, type GuestSockets } from "./qemu-guest.ts";
import type { GuestRuntime, GuestSpec, RunningGuest } from "./runtime.ts";

export interface QemuRuntimeOptions {
  stateDir: string;
  image: GuestImage;
  /** `kvm` or `tcg`, awaited before the first guest starts. */
  acceleration: Promise<"kvm" | "tcg">;
}

/** A runtime of real guests; their sockets lie in a private folder of the system's temporary one. */
export async function createQemuRuntime(options: QemuRuntimeOptions): Promise<GuestRuntime> {
  await sweepSockets();
  const socketRoot = await mkdtemp(path.join(tmpdir(), `${SOCKET_PREFIX}${process.pid}-`));
  await mkdir(path.join(options.stateDir, "serial"), { recursive: true });
  return new QemuRuntime(options, socketRoot);
}

const run = promisify(execFile);
const QEMU = "qemu-system-x86_64";
const SOCKET_PREFIX = "nubemox-";
/** Below this the kernel and its initial file system do not fit, and it panics. */
const LEAST_MEMORY_MIB = 96;
/** Translated code that one guest may keep; QEMU's own default is a gibibyte. */
const TRANSLATION_CACHE_MIB = 64;
/**
 * What makes a small guest start quickly: no self-tests, no audit, no security modules, no mitigations. The kernel speaks
 * on the serial line alone; the screen belongs to the guest's own start-up lines and the login prompt.
 */
const KERNEL_OPTIONS =
  "console=ttyS0 tsc=reliable mitigations=off nokaslr cryptomgr.notests audit=0 lsm= 8250.nr_uarts=1 nomce no_timer_check";

class QemuRuntime implements GuestRuntime {
  readonly kind = "qemu";
  readonly #options: QemuRuntimeOptions;
  readonly #socketRoot: string;
  readonly #guests = new Map<number, Promise<QemuGuest>>();

  constructor(options: QemuRuntimeOptions, socketRoot: string) {
    this.#options = options;
    this.#socketRoot = socketRoot;
  }

  async start(spec: GuestSpec): Promise<RunningGuest> {
    if (this.#guests.has(spec.vmid)) throw new Error(`VM ${spec.vmid} already running`);
    const starting = this.#launch(spec);
    this.#guests.set(spec.vmid, starting);
    const forget = () => {
      if (this.#guests.get(spec.vmid) === starting) this.#guests.delete(spec.vmid);
    };
    try {
      const guest = await starting;
      void guest.exited.then(forget);
      return guest;
    } catch (error) {
      forget();
      throw error;
    }
  }

  async createDisk(file: string, sizeBytes: number, backingFile?: string): Promise<void> {
    await mkdir(path.dirname(file), { recursive: true });
    // A relative name keeps the chain whole when the state folder moves.
    const backing = backingFile ? ["-b", path.relative(path.dirname(file), backingFile), "-F", "qcow2"] : [];
    await image("create", "-q", "-f", "qcow2", ...backing, file, String(sizeBytes));
  }

  async copyDisk(from: string, to: string, snapshot?: string): Promise<void> {
    await mkdir(path.dirname(to), { recursive: true });
    const state = snapshot === undefined ? [] : ["-l", `snapshot.name=${snapshot}`];
    await image("convert", "--force-share", ...state, "-f", "qcow2", "-O", "qcow2", from, to);
  }

  async snapshotDisk(file: string, name: string): Promise<void> {
    await image("snapshot", "-q", "-c", name, file);
  }

  async rollbackDisk(file: string, name: string): Promise<void> {
    await image("snapshot", "-q", "-a", name, file);
  }

  async dropDiskSnapshot(file: string, name: string): Promise<void> {
    await image("snapshot", "-q", "-d", name, file);
  }

  async growDisk(file: string, sizeBytes: number, running?: RunningGuest, slot?: string): Promise<void> {
    if (running instanceof QemuGuest && slot) await running.resizeDisk(slot, sizeBytes);
    else await image("resize", "-q", "-f", "qcow2", file, String(sizeBytes));
  }

  async deleteDisk(file: string): Promise<void> {
    await rm(file, { force: true });
  }

  serialLog(vmid: number): string {
    return path.join(this.#options.stateDir, "serial", `${vmid}.log`);
  }

  async close(): Promise<void> {
    const guests = await Promise.allSettled(this.#guests.values());
    await Promise.all(guests.map((guest) => (guest.status === "fulfilled" ? guest.value.kill() : undefined)));
    await rm(this.#socketRoot, { recursive: true, force: true });
  }

  async #launch(spec: GuestSpec): Promise<QemuGuest> {
    const sockets = socketsIn(path.join(this.#socketRoot, String(spec.vmid)));
    await rm(sockets.folder, { recursive: true, force: true });
    await mkdir(sockets.folder, { recursive: true, mode: 0o700 });
    const seed = path.join(sockets.folder, "cidata.iso");
    if (spec.cloudInit) await writeFile(seed, configDisk(spec.cloudInit, spec.macs[0]), { mode: 0o600 });
    const memoryMiB = Math.max(spec.memoryMiB, LEAST_MEMORY_MIB);
    const args = [
      ...machineArgs(spec, memoryMiB, await this.#options.acceleration, this.#options.image),
      ...deviceArgs(spec, sockets, this.serialLog(spec.vmid)),
      ...(spec.cloudInit ? driveArgs("cidata", seed, "raw", true) : []),
      // Last, so that a disk that was put in later has the place on the bus that it has after a new start.
      ...diskArgs(spec),
      ...(spec.resumeFrom === undefined ? [] : ["-loadvm", spec.resumeFrom]),
    ];
    return QemuGuest.start({ binary: QEMU, args, sockets, memoryMiB, agent: spec.agent, disks: spec.disks });
  }
}

function machineArgs(
  spec: GuestSpec,
  memoryMiB: number,
  acceleration: "kvm" | "tcg",
  guestImage: GuestImage,
): string[] {
  const translated = ["-accel", `tcg,thread=multi,tb-size=${TRANSLATION_CACHE_MIB}`, "-cpu", "Nehalem,+rdrand"];
  return [
    ["-name", `guest=${spec.vmid}`, "-nodefaults", "-no-user-config", "-S"],
    ["-machine", "pc,hpet=off,usb=off,vmport=off"],
    acceleration === "kvm" ? ["-accel", "kvm", "-cpu", "host"] : translated,
    ["-smp", String(spec.cores), "-m", String(memoryMiB)],
    ["-kernel", guestImage.kernel, "-initrd", guestImage.initrd],
    ["-append", kernelOptions(spec)],
  ].flat();
}

function kernelOptions(spec: GuestSpec): string {
  const flavour = /^[a-z0-9-]+$/.test(spec.flavour) ? spec.flavour : "base";
  return `${KERNEL_OPTIONS} nubemox.flavour=${flavour}${spec.container === true ? " nubemox.container" : ""}`;
}

function deviceArgs(spec: GuestSpec, sockets: GuestSockets, serialLog: string): string[] {
  const listening = (socket: string) => `path=${escaped(socket)},server=on,wait=off`;
  return [
    ["-display", "none", "-vga", "std", "-vnc", `unix:${escaped(sockets.vnc)},password=on`],
    ["-qmp", `unix:${escaped(sockets.qmp)},server=on,wait=off`, "-pidfile", sockets.pidFile],
    ["-chardev", `socket,id=serial0,${listening(sockets.serial)},logfile=${escaped(serialLog)},logappend=on`],
    ["-serial", "chardev:serial0"],
    spec.macs.flatMap((mac, index) => networkArgs(spec.vmid, mac, index)),
    spec.agent
      ? [
          "-device",
          "virtio-serial-pci",
          "-chardev",
          `socket,id=agent0,${listening(sockets.agent)}`,
          "-device",
          `virtserialport,id=${AGENT_PORT},chardev=agent0,name=org.qemu.guest_agent.0`,
        ]
      : [],
  ].flat();
}

/** Every slot becomes a virtio block device: one driver in the guest, whatever bus the configuration names. */
function driveArgs(slot: string, file: string, format: string, readOnly: boolean): string[] {
  const id = driveId(slot);
  return [
    "-drive",
    `if=none,id=${id},node-name=${nodeName(slot)},format=${format},file=${escaped(file)},readonly=${readOnly ? "on" : "off"},discard=unmap`,
    "-device",
    `virtio-blk-pci,id=${deviceId(slot)},drive=${id},serial=${slot}`,
  ];
}

function diskArgs(spec: GuestSpec): string[] {
  return spec.disks.flatMap(({ slot, file, readOnly = false }) =>
    driveArgs(slot, file, readOnly ? "raw" : "qcow2", readOnly),
  );
}

/** A network of the guest's own that leads nowhere (`restrict`): it hands out the address, no more. */
function networkArgs(vmid: number, mac: string, index: number): string[] {
  const dhcp = index === 0 ? `,dhcpstart=${guestAddress(vmid)}` : "";
  return [
    "-netdev",
    `user,id=net${index},restrict=on,ipv6=off,net=10.64.0.0/12,host=10.64.0.2,dns=10.64.0.3${dhcp}`,
    "-device",
    `virtio-net-pci,netdev=net${index},mac=${mac},romfile=`,
  ];
}

/** A comma in a value is doubled in QEMU's option lists. */
function escaped(value: string): string {
  return value.replaceAll(",", ",,");
}

/** Runs qemu-img; its last line is the reason where it fails. */
async function image(...args: string[]): Promise<void> {
  try {
    await run("qemu-img", args);
  } catch (error) {
    const words = (error as { stderr?: string }).stderr?.trim().split("\n").at(-1);
    throw new Error(words ?? "qemu-img failed", { cause: error });
  }
}

/** Removes socket folders whose lab is gone (it was killed). */
async function sweepSockets(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = new RegExp(`^${SOCKET_PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid && !isAlive(Number(pid))) await rm(path.join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
