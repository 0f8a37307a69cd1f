// The login prompt and the handful of commands of a painted guest, for one line (the screen, or the serial line).

/** What a line of a guest may ask of its machine. */
export interface Machine {
  readonly hostname: string;
  readonly user: string | null;
  /** Root's shell opens at once, with no login. */
  readonly container: boolean;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly files: Map<string, string>;
  uptimeSeconds(): number;
  /** Whether the password is the user's. */
  mayLogIn(user: string, password: string): boolean;
  print(device: "ttyS0" | "tty1", text: string): void;
  power(verb: "poweroff" | "reboot"): void;
  saveFiles(): void;
}

export class Shell {
  readonly #machine: Machine;
  readonly #device: "ttyS0" | "tty1";
  #state: "login" | "password" | "shell" = "login";
  #line = "";
  #name = "";
  #lastWasReturn = false;

  constructor(machine: Machine, device: "ttyS0" | "tty1") {
    this.#machine = machine;
    this.#device = device;
  }

  /** Prints the banner and the login prompt. */
  greet(): void {
    const { hostname, container } = this.#machine;
    this.#line = "";
    this.#print(`\n${hostname}, a painted ${container ? "container" : "guest"} of the Nubemox lab\n\n`);
    this.#state = container ? "shell" : "login";
    if (container) {
      this.#name = "root";
      this.#prompt();
    } else this.#print(`${hostname} login: `);
  }

  /** Takes typed characters, one string or many. */
  input(text: string): void {
    for (const character of text) this.#take(character);
  }

  #take(character: string): void {
    const doubled = character === "\n" && this.#lastWasReturn;
    this.#lastWasReturn = character === "\r";
    if (doubled) return;
    const echo = this.#state !== "password";
    if (character === "\r" || character === "\n") {
      const line = this.#line;
      this.#line = "";
      this.#print("\n");
      this.#enter(line);
    } else if (character === "\b" || character === "\x7f") {
      if (this.#line === "") return;
      this.#line = this.#line.slice(0, -1);
      if (echo) this.#print("\b \b");
    } else if (character === "\x03") {
      this.#line = "";
      this.#print("^C\n");
      if (this.#state === "shell") this.#prompt();
      else this.greet();
    } else if (character === "\x04") {
      if (this.#state === "shell" && this.#line === "") this.greet();
    } else if (character >= " " && this.#line.length < LINE_LIMIT) {
      this.#line += character;
      if (echo) this.#print(character);
    }
  }

  #enter(line: string): void {
    const { hostname } = this.#machine;
    if (this.#state === "login") {
      this.#name = line.trim();
      if (this.#name === "") this.#print(`${hostname} login: `);
      else {
        this.#state = "password";
        this.#print("Password: ");
      }
    } else if (this.#state === "password") {
      if (this.#machine.mayLogIn(this.#name, line)) {
        this.#state = "shell";
        this.#print("This guest is painted: type help for what it knows.\n");
        this.#prompt();
      } else {
        this.#state = "login";
        this.#print(`Login incorrect\n${hostname} login: `);
      }
    } else {
      for (const words of commands(line)) if (!this.#run(words)) return;
      this.#prompt();
    }
  }

  /** Runs one command with its redirection; false when the shell has ended with it. */
  #run(words: Word[]): boolean {
    const arrow = words.findIndex((word) => !word.quoted && (word.text === ">" || word.text === ">>"));
    const target = arrow < 0 ? null : (words[arrow + 1]?.text ?? "");
    const texts = words.slice(0, arrow < 0 ? undefined : arrow).map((word) => word.text);
    const [command = "", ...args] = texts[0] === "sudo" ? texts.slice(1) : texts;
    if (command === "exit" || command === "logout") {
      this.greet();
      return false;
    }
    if (["poweroff", "reboot", "halt", "shutdown"].includes(command)) {
      this.#machine.power(command === "reboot" || args.includes("-r") ? "reboot" : "poweroff");
      return false;
    }
    if (target === "") this.#print("sh: syntax error: unexpected newline\n");
    else this.#send(this.#output(command, args), target, words[arrow]?.text === ">>");
    return true;
  }

  #send(text: string, target: string | null, append: boolean): void {
    const { files } = this.#machine;
    if (target === null) this.#print(text);
    else if (target === "/dev/ttyS0" || target === "/dev/tty1") this.#machine.print(target.slice(5) as "ttyS0", text);
    else if (target === "/dev/null") return;
    else if (target.replace("~/", "").includes("/")) this.#print(`sh: can't create ${target}: Permission denied\n`);
    else {
      const name = target.replace("~/", "");
      files.set(name, (append ? (files.get(name) ?? "") : "") + text);
      this.#machine.saveFiles();
    }
  }

  #output(command: string, args: string[]): string {
    const { hostname, cores, memoryMiB, files } = this.#machine;
    switch (command) {
      case "echo":
        return args[0] === "-n" ? args.slice(1).join(" ") : `${args.join(" ")}\n`;
      case "hostname":
        return `${hostname}\n`;
      case "whoami":
        return `${this.#name}\n`;
      case "id":
        return `uid=N(${this.#name}) gid=N(${this.#name}) groups=N(${this.#name})\n`.replaceAll(
          "N",
          this.#machine.container ? "0" : "1000",
        );
      case "nproc":
        return `${cores}\n`;
      case "pwd":
        return this.#machine.container ? "/root\n" : `/home/${this.#name}\n`;
      case "tty":
        return `/dev/${this.#device}\n`;
      case "uname":
        return args.includes("-a") ? `Linux ${hostname} painted x86_64 GNU/Linux\n` : "Linux\n";
      case "date":
        return `${new Date().toUTCString()}\n`;
      case "uptime":
        return ` up ${Math.floor(this.#machine.uptimeSeconds() / 60)} min,  load average: 0.00, 0.00, 0.00\n`;
      case "free":
        return memoryTable(args.includes("-m") ? memoryMiB : memoryMiB * 1024);
      case "ls":
        return [...files.keys()]
          .filter((name) => !name.startsWith("/"))
          .toSorted()
          .map((name) => `${name}\n`)
          .join("");
      case "cat":
        return args
          .map((name) => files.get(name.replace("~/", "")) ?? `cat: can't open '${name}': No such file or directory\n`)
          .join("");
      case "rm":
        for (const name of args) files.delete(name);
        this.#machine.saveFiles();
        return "";
      case "clear":
        return "\f";
      case "true":
        return "";
      case "help":
        return "cat clear date echo exit free hostname id ls nproc poweroff pwd reboot rm tty uname uptime whoami\n";
      default:
        return `sh: ${command}: not found\n`;
    }
  }

  #prompt(): void {
    this.#print(`${this.#name}@${this.#machine.hostname}:~${this.#machine.container ? "#" : "$"} `);
  }

  #print(text: string): void {
    this.#machine.print(this.#device, text);
  }
}

/** As long as a terminal's own line may be. */
const LINE_LIMIT = 4095;

function memoryTable(total: number): string {
  const used = Math.round(total * 0.2);
  return `       ${tableRow(["total", "used", "free"])}\nMem:   ${tableRow([total, used, total - used])}\n`;
}

function tableRow(cells: (string | number)[]): string {
  return cells.map((cell) => String(cell).padStart(12)).join("");
}

interface Word {
  text: string;
  quoted: boolean;
}

/** The commands of a line, each as its words; quotes of either kind keep blanks and signs together. */
function commands(line: string): Word[][] {
  const result: Word[][] = [[]];
  for (const match of line.matchAll(/;|&&|>>|>|(?:"[^"]*"|'[^']*'|\\.|&(?!&)|[^\s>"'\\;&])+/g)) {
    const text = match[0].replace(
      /"([^"]*)"|'([^']*)'|\\(.)/g,
      (_whole, double, single, escaped) => double ?? single ?? escaped,
    );
    if (match[0] === ";" || match[0] === "&&") result.push([]);
    else result.at(-1)?.push({ text, quoted: text !== match[0] });
  }
  return result.filter((words) => words.length > 0);
}
