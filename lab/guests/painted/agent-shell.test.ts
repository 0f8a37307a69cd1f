// The shell that the agent of a painted guest runs scripts with.
import { describe, expect, it } from "vitest";
import { AgentShell } from "./agent-shell.ts";

function machine() {
  const files = new Map<string, string>();
  const powered: string[] = [];
  const shell = new AgentShell({
    hostname: "painted-1",
    files,
    saveFiles: () => undefined,
    power: (verb) => powered.push(verb),
    later: (_delayMs, work) => queueMicrotask(work),
  });
  const run = async (text: string) => {
    const { pid } = shell.execute("/bin/sh", ["-c", text], "");
    await Promise.resolve();
    for (let look = 0; look < 100; look += 1) {
      const status = shell.status(pid);
      if (status["exited"] === true)
        return [status["exitcode"], Buffer.from(String(status["out-data"] ?? ""), "base64").toString()];
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    throw new Error("it never ended");
  };
  return { shell, files, powered, run };
}

describe("a painted guest's agent", () => {
  it.each([
    ["echo one; echo 'two  three'", 0, "one\ntwo  three\n"],
    [
      `NBX_WHO='Zoë'\\''s'; export NBX_WHO\necho "for \${NBX_WHO}" $NBX_WHO '$NBX_WHO' "\\$NBX_WHO"`,
      0,
      "for Zoë's Zoë's $NBX_WHO $NBX_WHO\n",
    ],
    ["# nothing\nfalse || echo or; true && echo and; false && echo never", 1, "or\nand\n"],
    ["sleep 0.1 # a while\nexit 7; echo never", 7, ""],
    ["apt-get install docker", 127, "sh: apt-get: not found\n"],
    ["hostname; printf '%s\\n' a 2>/dev/null", 0, "painted-1\na\n"],
  ])("runs %j", async (text, code, output) => {
    expect(await machine().run(text)).toEqual([code, output]);
  });

  it("writes files, and reads them", async () => {
    const { run, files } = machine();
    expect(await run("mkdir -p /srv && echo a >/srv/x; echo b >> /srv/x && cat /srv/x")).toEqual([0, "a\nb\n"]);
    expect(files.get("/srv/x")).toBe("a\nb\n");
    expect(await run("rm /srv/x; cat /srv/x")).toEqual([1, "cat: can't open '/srv/x': No such file or directory\n"]);
  });

  it.each(["if true; then echo a; fi", "echo $(hostname)", "echo `hostname`", "sleep 5 &", "cat x | sort", '"$(x)"'])(
    "says that it does not know %j",
    async (text) => {
      const [code, output] = await machine().run(text);
      expect([code, String(output)]).toEqual([2, expect.stringContaining("a painted guest does not know")]);
    },
  );

  it("has no other programs", () => {
    const { shell } = machine();
    expect(() => shell.execute("/usr/bin/python3", ["-c", "1"], "")).toThrow("“/usr/bin/python3”");
    expect(() => shell.status(1)).toThrow("PID 1 does not exist");
  });
});
