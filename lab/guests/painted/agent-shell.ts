// What the agent of a painted guest can execute: a shell that knows a handful of commands, and the portal's way of running scripts.
import { randomUUID } from "node:crypto";
import { commandsOf, expand, Unknown, type Command, type Variables } from "./script-text.ts";

/** What such a shell does to its machine. */
export interface AgentMachine {
  readonly hostname: string;
  /** Files by name; those that begin with a slash are outside of the user's own folder. */
  readonly files: Map<string, string>;
  saveFiles(): void;
  power(verb: "poweroff" | "reboot"): void;
  /** Work that is forgotten where the machine goes off or restarts before. */
  later(delayMs: number, work: () => void): void;
}

interface Process {
  exited: boolean;
  exitCode: number;
  output: string;
}

/** Where the portal's scripts leave what is to be known of them. */
const RUNS = "/var/lib/nubemox";
/** As much of what a script has said is told. */
const OUTPUT_BYTES = 16_384;

export class AgentShell {
  readonly #machine: AgentMachine;
  readonly #processes = new Map<number, Process>();
  readonly #running = new Set<string>();
  #boot = randomUUID();
  #nextPid = 200;

  constructor(machine: AgentMachine) {
    this.#machine = machine;
  }

  /** The machine starts anew: nothing that ran goes on. */
  restarted(): void {
    this.#boot = randomUUID();
    this.#running.clear();
    this.#processes.clear();
  }

  /** guest-exec. @throws Error with GLib's words where there is no such program. */
  execute(path: string, args: readonly string[], input: string): { pid: number } {
    if (path !== "/bin/sh" || args[0] !== "-c")
      throw new Error(
        `Guest agent command failed, error was 'Failed to execute child process “${path}” (No such file or directory)'`,
      );
    const pid = (this.#nextPid += 1);
    const process: Process = { exited: false, exitCode: 0, output: "" };
    this.#processes.set(pid, process);
    const end = (exitCode: number) => Object.assign(process, { exited: true, exitCode });
    if (args[2] === "nubemox") {
      process.output = this.#protocol(args.slice(3), input);
      end(0);
    } else this.#run(args[1] ?? "", (text) => (process.output += text), end);
    return { pid };
  }

  /** guest-exec-status; a process that has ended is told of once. */
  status(pid: number): Record<string, unknown> {
    const process = this.#processes.get(pid);
    if (!process) throw new Error(`PID ${pid} does not exist`);
    if (!process.exited) return { exited: false };
    this.#processes.delete(pid);
    const output = Buffer.from(process.output).toString("base64");
    return { exited: true, exitcode: process.exitCode, ...(output === "" ? {} : { "out-data": output }) };
  }

  /**
   * What the portal's own text for the shell does in a real guest (worker/workflows/guest-script.ts), which is too much for this
   * shell: a run has a folder, begins once, and leaves its exit code and what it has said there.
   */
  #protocol([verb = "", run = "", seconds = "0", boot = ""]: string[], input: string): string {
    const { files } = this.#machine;
    const at = (name: string) => `${RUNS}/${run}/${name}`;
    const say = (state: string, code: string | number = "-", output = "") =>
      `${state} ${code} ${this.#boot}\n${hex(output)}`;
    if (verb === "start" && !files.has(at("boot"))) {
      if (boot !== this.#boot) return say("moved");
      files.set(at("boot"), boot);
      files.set(at("output"), "");
      this.#machine.saveFiles();
      this.#begin(run, unescaped(input), Number(seconds));
    }
    if (!files.has(at("boot"))) return say("absent");
    const output = (files.get(at("output")) ?? "").slice(-OUTPUT_BYTES);
    if (files.has(at("late"))) return say("late", "-", output);
    const code = files.get(at("code"));
    if (code !== undefined) return say("ended", code, output);
    return this.#running.has(run) ? say("running") : say("cut", "-", output);
  }

  #begin(run: string, script: string, seconds: number): void {
    const { files } = this.#machine;
    const at = (name: string) => `${RUNS}/${run}/${name}`;
    const leave = (name: string, text: string) => {
      files.set(at(name), text);
      this.#machine.saveFiles();
    };
    this.#running.add(run);
    this.#machine.later(seconds * 1_000, () => {
      if (!this.#running.delete(run)) return;
      leave("late", "");
    });
    this.#run(
      script,
      (text) => {
        if (this.#running.has(run)) leave("output", (files.get(at("output")) ?? "") + text);
      },
      (exitCode) => {
        if (this.#running.delete(run)) leave("code", String(exitCode));
      },
      () => this.#running.has(run),
    );
  }

  #run(script: string, print: (text: string) => void, end: (exitCode: number) => void, isOn = () => true): void {
    let commands: Command[];
    try {
      commands = commandsOf(script);
    } catch (error) {
      if (!(error instanceof Unknown)) throw error;
      print(`sh: a painted guest does not know ${error.message}\n`);
      end(2);
      return;
    }
    const variables: Variables = new Map();
    const next = (index: number, status: number): void => {
      const command = commands[index];
      if (!isOn()) return;
      if (!command) return end(status);
      if ((command.after === "&&" && status !== 0) || (command.after === "||" && status === 0))
        return next(index + 1, status);
      const words = command.words.map((word) => expand(word, variables));
      const [name = "", ...args] = words;
      if (name === "exit") return end(args[0] === undefined ? status : Number(args[0]) & 255);
      if (name === "sleep") return this.#machine.later(Number(args[0]) * 1_000, () => next(index + 1, 0));
      for (const [variable, value] of command.assignments) variables.set(variable, expand(value, variables));
      const { output, exitCode } = name === "" ? { output: "", exitCode: 0 } : this.#command(name, args);
      if (command.target === null || exitCode !== 0) print(output);
      else this.#write(expand(command.target, variables), output, command.appends);
      next(index + 1, exitCode);
    };
    this.#machine.later(0, () => next(0, 0));
  }

  #command(name: string, args: string[]): { output: string; exitCode: number } {
    const { files, hostname } = this.#machine;
    switch (name) {
      case "echo":
        return done(`${args.join(" ")}\n`);
      case "printf":
        return done(printed(args));
      case "hostname":
        return done(`${hostname}\n`);
      case "cat": {
        const missing = args.find((file) => !files.has(file));
        if (missing === undefined) return done(args.map((file) => files.get(file)).join(""));
        return { output: `cat: can't open '${missing}': No such file or directory\n`, exitCode: 1 };
      }
      case "rm":
        for (const file of args) files.delete(file);
        this.#machine.saveFiles();
        return done();
      case "poweroff":
      case "reboot":
        this.#machine.power(name);
        return done();
      case "export":
      case "mkdir":
      case "true":
        return done();
      case "false":
        return { output: "", exitCode: 1 };
      default:
        return { output: `sh: ${name}: not found\n`, exitCode: 127 };
    }
  }

  #write(file: string, text: string, appends: boolean): void {
    if (file === "/dev/null") return;
    const { files } = this.#machine;
    files.set(file, (appends ? (files.get(file) ?? "") : "") + text);
    this.#machine.saveFiles();
  }
}

function done(output = "") {
  return { output, exitCode: 0 };
}

/** printf of `%s` and `%d`, with line ends and tabs. */
function printed([format = "", ...args]: string[]): string {
  const left = [...args];
  return format.replaceAll(/%[sd]|\\n|\\t|%%/g, (part) =>
    part === "\\n" ? "\n" : part === "\\t" ? "\t" : part === "%%" ? "%" : (left.shift() ?? ""),
  );
}

/** What printf's `%b` makes of the text that a script travels as. */
function unescaped(text: string): string {
  const bytes = text.replaceAll(/\\0([0-7]{3})|\\\\/g, (_whole, octal: string | undefined) =>
    octal === undefined ? "\\" : String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return Buffer.from(bytes, "latin1").toString();
}

function hex(text: string): string {
  return Array.from(Buffer.from(text), (byte) => ` ${byte.toString(16).padStart(2, "0")}`).join("");
}
