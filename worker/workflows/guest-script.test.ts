// The text that runs a script inside a guest, by the shells of this machine, in a folder of its own.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { environmentLines, printfText } from "../rules/scripts.ts";
import { guestCommand, readReport } from "./guest-script.ts";
import type { GuestCommand, GuestReport } from "./guest-script.ts";

const SHELLS = ["/bin/sh", "/bin/busybox"].filter((shell) => existsSync(shell));
const run = "run_0123456789abcdefghjk";
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nubemox-script-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.each(SHELLS)("%s", (shell) => {
  const ask = (command: GuestCommand, script = ""): GuestReport => {
    const [, dash, text, ...args] = guestCommand(command);
    const mine = (text ?? "").replaceAll("/var/lib/nubemox", folder);
    const before = shell.endsWith("busybox") ? ["sh"] : [];
    const said = execFileSync(shell, [...before, dash, mine, ...args], { input: script, encoding: "utf8" });
    const report = readReport(said);
    if (!report) throw new Error(`not understood: ${said}`);
    return report;
  };
  const start = (script: string, seconds = 20, boot = ask({ verb: "look", run }).boot) =>
    ask({ verb: "start", run, seconds, boot }, printfText(script));
  const end = async (): Promise<GuestReport> => {
    for (;;) {
      const report = ask({ verb: "look", run });
      if (report.state !== "running") return report;
      await pause(50);
    }
  };

  it("runs a script once, and keeps its exit code and the end of what it has said", async () => {
    expect(ask({ verb: "look", run })).toMatchObject({ state: "absent", exitCode: null, output: "" });
    const mark = join(folder, "mark");
    const text = `${environmentLines({ who: "Zoë's \\n 'x'" })}\necho once >>${mark}\nprintf '%s|%s' "$NBX_WHO" "ß\\t"; sleep 2; exit 7`;
    expect(start(text).state).toBe("running");
    expect(start(text).state).toBe("running");
    expect(await end()).toMatchObject({ state: "ended", exitCode: 7, output: "Zoë's \\n 'x'|ß\\t" });
    expect(start(text)).toMatchObject({ state: "ended", exitCode: 7 });
    expect(readFileSync(mark, "utf8")).toBe("once\n");
    // What was filled in does not stay behind.
    expect(readdirSync(join(folder, run)).toSorted()).toEqual(["boot", "code", "output", "pid"]);
  });

  it("keeps the last 16 KiB", async () => {
    start("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done");
    const { output } = await end();
    expect(output.length).toBe(16_384);
    expect(output.endsWith("line 2999\n")).toBe(true);
  });

  it("ends what takes too long, with all that it has begun", async () => {
    const mark = join(folder, "mark");
    start(`echo begun; (sleep 3; echo more >${mark}) & sleep 60`, 1);
    expect(await end()).toMatchObject({ state: "late", exitCode: null, output: "begun\n" });
    await pause(2_500);
    expect(existsSync(mark)).toBe(false);
  });

  it("does not wait for what a script leaves running", async () => {
    start("sleep 30 & echo served");
    expect(await end()).toMatchObject({ state: "ended", exitCode: 0, output: "served\n" });
  });

  it("begins in the boot that was looked at alone, and tells what a restart has cut off", async () => {
    expect(start("echo no", 20, "00000000-0000-0000-0000-000000000000").state).toBe("moved");
    expect(ask({ verb: "look", run }).state).toBe("absent");
    start("echo begun; sleep 30");
    await pause(200);
    const pid = Number(readFileSync(join(folder, run, "pid"), "utf8"));
    writeFileSync(join(folder, run, "boot"), "another boot\n");
    expect(ask({ verb: "look", run })).toMatchObject({ state: "cut", output: "begun\n" });
    expect(existsSync(join(folder, run, "script"))).toBe(false);
    expect(start("echo twice").state).toBe("cut");
    process.kill(pid);
  });

  it("tells where there is no room", () => {
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "a file");
    expect(ask({ verb: "start", run, seconds: 5, boot: ask({ verb: "look", run }).boot }, "true").state).toBe("unable");
  });
});

it("takes nothing for a report that is none", () => {
  expect(readReport("sh: od: not found")).toBe(null);
  expect(readReport("ended x 1\n")).toBe(null);
  expect(readReport("ended 0 ab-1\n 41 00 1b 0a\n c3\n")).toEqual({
    state: "ended",
    exitCode: 0,
    boot: "ab-1",
    output: "A\n\u{fffd}",
  });
});
