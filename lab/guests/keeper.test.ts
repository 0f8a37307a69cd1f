// Guests must not outlive a lab that is killed without warning.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { KEEPER } from "./qemu-guest.ts";

test("a guest's process ends when the lab is gone, even by SIGKILL", async () => {
  // Stands for the lab: starts a keeper whose child writes its number and would stay for a minute.
  const lab = spawn(process.execPath, ["-e", LAB, KEEPER], { stdio: ["ignore", "pipe", "inherit"] });
  const pid = await new Promise<number>((resolve) =>
    lab.stdout.once("data", (bytes: Buffer) => resolve(Number(bytes.toString()))),
  );
  expect(existsSync(`/proc/${pid}`)).toBe(true);
  lab.kill("SIGKILL");
  await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 5_000 }).toBe(false);
});

const LAB = `
require("node:child_process").spawn("/bin/sh", ["-c", process.argv[1], "keeper", "/bin/sh", "-c", "echo $$; exec sleep 60"],
  { stdio: ["pipe", "inherit", "inherit"], detached: true });
setInterval(() => {}, 1000);
`;
