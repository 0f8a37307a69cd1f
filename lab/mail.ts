// The mail catcher: takes what the portal would send and keeps it for reading.
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Mail {
  id: string;
  to: string;
  from: string;
  subject: string;
  text: string;
  html: string | null;
  /** Milliseconds since the epoch. */
  at: number;
}

const KEPT = 500;

export class Mailbox {
  readonly #file: string;
  #mails: Mail[];

  constructor(stateDir: string) {
    this.#file = join(stateDir, "mail.json");
    this.#mails = existsSync(this.#file) ? (JSON.parse(readFileSync(this.#file, "utf8")) as Mail[]) : [];
  }

  /** Takes a mail as the sending API gets it; throws with a plain message where a field is missing. */
  take(input: Record<string, unknown>): Mail {
    const field = (name: string): string => {
      const value = input[name];
      if (typeof value !== "string" || value === "") throw new Error(`${name} is missing`);
      return value;
    };
    const html = typeof input["html"] === "string" ? input["html"] : null;
    const text = typeof input["text"] === "string" ? input["text"] : "";
    if (text === "" && html === null) throw new Error("text or html is missing");
    const mail: Mail = {
      id: randomUUID(),
      to: field("to"),
      from: field("from"),
      subject: field("subject"),
      text,
      html,
      at: Date.now(),
    };
    this.#mails = [mail, ...this.#mails].slice(0, KEPT);
    this.#save();
    return mail;
  }

  /** Newest first; with `to`, only what went to that address. */
  list(to: string | null): Mail[] {
    return to === null ? this.#mails : this.#mails.filter((mail) => mail.to.toLowerCase() === to.toLowerCase());
  }

  clear(): void {
    this.#mails = [];
    this.#save();
  }

  #save(): void {
    writeFileSync(this.#file, JSON.stringify(this.#mails), { mode: 0o600 });
  }
}
