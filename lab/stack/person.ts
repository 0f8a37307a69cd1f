// A person as the portal sees one: a cookie jar and a way to send requests; used to seed the demo, by tests and benchmarks.
import { randomUUID } from "node:crypto";

export interface Answer<T> {
  status: number;
  body: T;
  headers: Headers;
}

interface More {
  key?: string;
  headers?: Record<string, string>;
}

/** Of one request that the development server keeps losing. */
const MOST_TRIES = 5;

export class Person {
  readonly origin: string;
  readonly mailUrl: string;
  private readonly cookies = new Map<string, string>();

  /** `origin` of the portal, `mailUrl` of the lab's control server, which catches the mail. */
  constructor(origin: string, mailUrl: string) {
    this.origin = origin;
    this.mailUrl = mailUrl;
  }

  get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /**
   * Sends a request with JSON both ways; `key` is the Idempotency-Key, a fresh one where none is given. The development server in
   * front of the Worker loses a connection now and then, under load: then it is sent again, with the same key.
   */
  async send<T>(method: string, path: string, body?: unknown, more: More = {}): Promise<Answer<T>> {
    const key = more.key ?? randomUUID();
    for (let tries = 1; ; tries += 1) {
      const answer = await this.#sendOnce<T>(method, path, body, key, more.headers);
      if (tries === MOST_TRIES || !isOfDevServer(answer)) return answer;
    }
  }

  async #sendOnce<T>(
    method: string,
    path: string,
    body: unknown,
    key: string,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const response = await fetch(new URL(path, this.origin), {
      method,
      redirect: "manual",
      headers: {
        origin: this.origin,
        cookie: this.cookie,
        ...(method === "GET" ? {} : { "idempotency-key": key }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const at = pair.indexOf("=");
      const value = pair.slice(at + 1);
      if (value === "") this.cookies.delete(pair.slice(0, at));
      else this.cookies.set(pair.slice(0, at), value);
    }
    const text = await response.text();
    return { status: response.status, body: parse(text) as T, headers: response.headers };
  }

  /** Like {@link send}, but anything except a success throws. */
  async ok<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.send<T>(method, path, body);
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** Signs up, reads the mail in the lab, follows its link; afterwards this person is signed in. */
  async signUp(account: { name: string; organisation: string; email: string; password: string }): Promise<void> {
    await this.ok("POST", "/api/auth/sign-up/email", { ...account, locale: "en", callbackURL: "/" });
    const link = await this.linkFromMail(account.email, /\/api\/auth\/verify-email\?\S+/);
    const answer = await this.send("GET", link);
    if (answer.status !== 302) throw new Error(`the link of the mail answered ${answer.status}`);
  }

  async signIn(email: string, password: string): Promise<number> {
    return (await this.send("POST", "/api/auth/sign-in/email", { email, password })).status;
  }

  /** Waits for the newest mail to an address and answers the first link in it that matches. */
  async linkFromMail(email: string, pattern: RegExp): Promise<string> {
    for (let tries = 0; tries < 400; tries += 1) {
      const answer = await fetch(`${this.mailUrl}/mail.json?to=${encodeURIComponent(email)}`);
      const mails = (await answer.json()) as { text: string }[];
      for (const mail of mails) {
        const link = pattern.exec(mail.text)?.[0];
        if (link) return link;
      }
      await new Promise((wake) => setTimeout(wake, 100));
    }
    throw new Error(`no mail to ${email}`);
  }
}

function isOfDevServer({ status, body }: Answer<unknown>): boolean {
  return status === 500 && String(body).startsWith("Error: Network connection lost");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
