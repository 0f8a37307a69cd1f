// Chooses and makes the runtime of the lab's guests: real ones where this machine can, painted ones where it cannot.
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { chooseAcceleration } from "./acceleration.ts";
import { guestImage } from "./image/build.ts";
import { createPaintedRuntime } from "./painted-runtime.ts";
import { createQemuRuntime } from "./qemu-runtime.ts";
import type { GuestRuntime } from "./runtime.ts";

export interface RuntimeOptions {
  /** Where serial logs go; disks lie wherever the caller puts them. */
  stateDir: string;
  kind: "auto" | "qemu" | "painted";
  log: (line: string) => void;
  /** Where built guest images are kept; `.state/cache/guest` of the repository unless given. */
  cacheDir?: string;
}

/**
 * Makes a runtime. `auto` takes QEMU when its programs are there and the guest image can be built, and says through `log`
 * why it does not; `qemu` throws that reason instead.
 */
export async function createRuntime(options: RuntimeOptions): Promise<GuestRuntime> {
  if (options.kind === "painted") return createPaintedRuntime(options);
  try {
    for (const program of ["qemu-system-x86_64", "qemu-img"]) await mustRun(program);
    const image = await guestImage(options.cacheDir ?? DEFAULT_CACHE, options.log);
    return await createQemuRuntime({ stateDir: options.stateDir, image, acceleration: chooseAcceleration(image) });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    if (options.kind === "qemu") throw new Error(`no QEMU guests: ${reason}`, { cause: error });
    options.log(`guests are painted, not real: ${reason}`);
    return createPaintedRuntime(options);
  }
}

const run = promisify(execFile);
const DEFAULT_CACHE = path.join(import.meta.dirname, "../../.state/cache/guest");

async function mustRun(program: string): Promise<void> {
  await run(program, ["--version"]).catch((error: unknown) => {
    throw new Error(`${program} is not installed`, { cause: error });
  });
}
