// Child processes of a stack: each in a group of its own, each surely ended, each remembered in case we are ended first.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";

export interface ProcessOptions {
  command: string;
  args: string[];
  cwd: string;
  env?: Record<string, string>;
  /** Gets every line that the process prints, on either stream. */
  onLine: (line: string) => void;
}

/** Starts a process in its own group, so that its children can be ended with it. */
export function startProcess(options: ProcessOptions): ChildProcess {
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const { pid } = child;
  if (pid !== undefined) {
    running.add(pid);
    child.once("exit", () => running.delete(pid));
  }
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) options.onLine(line);
    });
  }
  return child;
}

/** Groups whose leader runs. Whatever makes us leave without ending them, such as an impatient Ctrl-C, ends them as well. */
const running = new Set<number>();
process.on("exit", () => {
  for (const pid of running) signalGroup(pid, "SIGKILL");
});

/** Sends a signal to the whole group, then SIGKILL when it has not ended in time; settles when it is gone. */
export async function endProcess(child: ChildProcess, signal: "SIGTERM" | "SIGKILL", graceMs: number): Promise<void> {
  if (child.pid === undefined) return;
  const gone = child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : once(child);
  signalGroup(child.pid, signal);
  const timer = setTimeout(() => child.pid && signalGroup(child.pid, "SIGKILL"), graceMs);
  await gone;
  clearTimeout(timer);
  // Whatever of the group outlived its leader.
  signalGroup(child.pid, "SIGKILL");
}

/** Waits for a process to end and answers its exit code; 1 where a signal ended it. */
export async function exitCode(child: ChildProcess): Promise<number> {
  if (child.exitCode === null && child.signalCode === null) await once(child);
  return child.exitCode ?? 1;
}

/** The wished port, or any free one where it is taken. Port 0 asks for any. */
export async function freePort(wished: number): Promise<number> {
  return (await tryPort(wished)) ?? (await tryPort(0)) ?? wished;
}

/** Notes the groups that run now; a later start ends those that are still there. */
export function rememberGroups(file: string, groups: (number | undefined)[]): void {
  writeFileSync(file, JSON.stringify(groups.filter((pid) => pid !== undefined)));
}

/** Ends the groups of an earlier start that was itself ended without a chance to do so. Only processes of this folder count. */
export function endLeftovers(file: string, root: string): void {
  let groups: number[] = [];
  try {
    groups = JSON.parse(readFileSync(file, "utf8")) as number[];
  } catch {
    return;
  }
  for (const pid of groups) if (isOurs(pid, root)) signalGroup(pid, "SIGKILL");
}

function isOurs(pid: number, root: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(root);
  } catch {
    return false;
  }
}

function once(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Gone already.
  }
}

function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(null));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : null));
    });
  });
}
