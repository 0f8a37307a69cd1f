// Finds out whether KVM runs the guests' kernel on this machine, by trying it: a device that opens is not enough.
import { spawn } from "node:child_process";
import { access, constants, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import type { GuestImage } from "./image/build.ts";

/** With working KVM the kernel speaks within a second; nested and broken ones may never. */
const PROBE_TIMEOUT_MS = 3_000;

/** `kvm` where a guest's kernel starts under it, else `tcg`; the verdict is kept beside the image. */
export async function chooseAcceleration(image: GuestImage): Promise<"kvm" | "tcg"> {
  const usable = await access("/dev/kvm", constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!usable) return "tcg";
  const verdictFile = path.join(path.dirname(image.initrd), `acceleration-${hostname().replaceAll(/[^\w-]/g, "_")}`);
  const known = await readFile(verdictFile, "utf8").catch(() => "");
  if (known === "kvm" || known === "tcg") return known;
  const verdict = (await startsUnderKvm(image)) ? "kvm" : "tcg";
  await writeFile(verdictFile, verdict);
  return verdict;
}

function startsUnderKvm(image: GuestImage): Promise<boolean> {
  const args = [
    ["-nodefaults", "-display", "none", "-accel", "kvm", "-cpu", "host", "-m", "128", "-no-reboot"],
    ["-kernel", image.kernel, "-initrd", image.initrd, "-append", "console=ttyS0 panic=-1", "-serial", "stdio"],
  ].flat();
  return new Promise((resolve) => {
    const child = spawn("qemu-system-x86_64", args, { stdio: ["pipe", "pipe", "ignore"] });
    let seen = "";
    const finish = (works: boolean) => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      resolve(works);
    };
    const timer = setTimeout(finish, PROBE_TIMEOUT_MS, false);
    child.stdout.on("data", (bytes: Buffer) => {
      seen += bytes.toString("latin1");
      if (seen.includes("Run /init as init process")) finish(true);
    });
    child.once("error", () => finish(false));
    child.once("exit", () => finish(false));
  });
}
