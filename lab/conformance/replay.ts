// Replays one recording on a lab of its own and judges every step.
import { differences, type Given } from "./compare.ts";
import { DIRECTIONS, type AsRoot, type Direction } from "./directions.ts";
import { exchange, formOf, openSocket, type Sent } from "./exchange.ts";
import type { Json, JsonObject, Recording, Step } from "./recordings.ts";
import { returnsRefusals } from "./returns.ts";
import { openScene, type Scene } from "./scene.ts";

export interface Verdict {
  step: Step;
  /** Why the step does not agree; empty where it does. */
  reasons: string[];
  /** Why the step is set aside: it shows a defect of the recorded server. */
  aside: string | null;
}

/** Tokens whose secrets the onboarding's answers bring. */
const MADE_TOKENS: Record<string, string> = {
  "provisioner-token": "nubemox@pve!prov",
  "tenantA-token": "a@pve!cli",
  "tenantA-sep-token": "a@pve!sep",
  "tenantB-token": "b@pve!cli",
};
const ONBOARDING = "02-tenant-onboarding";
const LAUNCH = "03-launch-vm";
/** The steps of the launch that make the second template. */
const TEMPLATE_STEPS = 7;
const TASK_TIMEOUT_MS = 20_000;
/** Simulated time is fast, waiting for a guest's obedience is not: longer timeouts of the recording are cut to this. */
const MAX_TIMEOUT_SECONDS = 6;

/** Judges every step of a recording; `all` holds the others, whose steps set the stage. */
export async function replay(recording: Recording, all: readonly Recording[]): Promise<Verdict[]> {
  const scene = await openScene();
  try {
    const player = await Player.start(scene);
    const direction = DIRECTIONS[recording.name] ?? {};
    if (recording.name !== "01-auth" && recording.name !== ONBOARDING)
      await setStage(player, recording, direction, all);
    const verdicts: Verdict[] = [];
    for (const step of recording.steps) {
      await direction.before?.[step.n]?.(scene, player.asRoot);
      if (direction.rounds?.includes(step.n)) await scene.running.lab.status.run();
      const given = await player.play(step, direction);
      const aside = direction.aside?.[step.n] ?? null;
      const reasons = [...differences(step, given), ...returnsRefusals(step, given)];
      verdicts.push({ step, reasons: aside === null ? reasons : [], aside });
    }
    return verdicts;
  } finally {
    await scene.close();
  }
}

async function setStage(
  player: Player,
  recording: Recording,
  direction: Direction,
  all: readonly Recording[],
): Promise<void> {
  const steps = (name: string): Step[] => all.find((one) => one.name === name)?.steps ?? [];
  const onboarding = steps(ONBOARDING).filter((step) => step.status === 200 && step.method !== "GET");
  const template = recording.name === LAUNCH ? [] : steps(LAUNCH).slice(0, TEMPLATE_STEPS);
  for (const step of [...onboarding, ...template]) {
    const given = await player.play(step, {});
    if (String(given.body?.["data"]).startsWith("UPID:")) await player.finished(String(given.body?.["data"]));
  }
  for (const guest of direction.guests ?? []) {
    const { vmid, name, template: source, full, pool } = guest;
    await player.asRoot("POST", `/nodes/pve1/qemu/${source}/clone`, {
      newid: vmid,
      name,
      ...(full === undefined ? {} : { full }),
      ...(pool === undefined ? {} : { pool }),
    });
    if (guest.config !== undefined) await player.asRoot("PUT", `/nodes/pve1/qemu/${vmid}/config`, guest.config);
    if (guest.started === true) await player.asRoot("POST", `/nodes/pve1/qemu/${vmid}/status/start`);
  }
  await player.scene.running.lab.status.run();
}

class Player {
  readonly scene: Scene;
  #ticket = "";
  #csrf = "";

  private constructor(scene: Scene) {
    this.scene = scene;
  }

  static async start(scene: Scene): Promise<Player> {
    const player = new Player(scene);
    const { body } = await player.#send({
      method: "POST",
      target: "/api2/json/access/ticket",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: formOf({
        username: "root@pam",
        password: scene.rootPassword,
      }),
    });
    const data = (body?.["data"] ?? {}) as JsonObject;
    player.#ticket = String(data["ticket"]);
    player.#csrf = String(data["CSRFPreventionToken"]);
    return player;
  }

  readonly asRoot: AsRoot = async (method, path, params = {}, identity = "root-token") => {
    const headers = this.#credentials(identity);
    const given = await this.#send({
      method,
      target: `/api2/json${path}`,
      body: formOf(params),
      headers: {
        ...headers,
        "Content-Type": "application/x-www-form-urlencoded",
      },
    });
    const upid = given.body?.["data"];
    if (typeof upid === "string" && upid.startsWith("UPID:")) await this.finished(upid);
  };

  async finished(upid: string): Promise<Given> {
    const endAt = Date.now() + TASK_TIMEOUT_MS;
    for (;;) {
      const target = `/api2/json/nodes/pve1/tasks/${encodeURIComponent(upid)}/status`;
      const given = await this.#send({ method: "GET", target, headers: this.#credentials("root-token") });
      if ((given.body?.["data"] as JsonObject | null)?.["status"] !== "running" || Date.now() > endAt) return given;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** One step; a poll that found its task finished is repeated until it is. */
  async play(step: Step, direction: Direction): Promise<Given> {
    const { bindings } = this.scene;
    const upid = /\/tasks\/(\{\{upid:\d+\}\})\/status$/.exec(step.path)?.[1];
    const recorded = (step.body?.["data"] ?? null) as JsonObject | null;
    if (upid !== undefined && recorded?.["status"] === "stopped") await this.finished(bindings.applied(upid));
    const given = await this.#exchange(step, direction);
    bindings.learn(step.body, given.body);
    if (step.path.endsWith("/log") && given.body !== null) bindings.learnBackups(step.body, given.body);
    const port = recorded?.["port"];
    const own = (given.body?.["data"] as JsonObject | null | undefined)?.["port"];
    if (step.method === "POST" && typeof port === "string" && typeof own === "string") bindings.set(port, own);
    return given;
  }

  #exchange(step: Step, direction: Direction): Promise<Given> {
    const { bindings, running } = this.scene;
    const applied = (text: string): string => bindings.applied(text);
    const headers = direction.headers?.[step.n]?.(applied) ?? this.#credentials(step.as);
    const path = step.path.replace(/\{\{[^{}]+\}\}/g, (name) => encodeURIComponent(applied(name)));
    const [own = "", question = ""] = applied(path).split("?");
    const params = this.#params(step.params ?? {});
    const inQuery = step.method !== "POST" && step.method !== "PUT";
    const query = [
      question,
      formOf(this.#params(step.query ?? {})),
      inQuery && params["(body)"] === undefined ? formOf(params) : "",
    ].filter((part) => part !== "");
    const base = own.startsWith("/api2") || own.endsWith(".html") ? own : `/api2/json${own}`;
    const target = `${base}${query.length === 0 ? "" : `?${query.join("&")}`}`;
    if (step.upgrade !== undefined) {
      const asked = (step.upgrade["requestHeaders"] ?? {}) as JsonObject;
      const protocol = asked["Sec-WebSocket-Protocol"];
      const all = { ...headers, ...(typeof protocol === "string" ? { "Sec-WebSocket-Protocol": protocol } : {}) };
      const greeting = step.note?.startsWith("terminal")
        ? `${this.#authId(step.as)}:${String(params["vncticket"])}\n`
        : null;
      return openSocket(running.pveUrl, running.caFile, target, all, greeting);
    }
    return this.#send({ method: step.method, target, headers, ...bodyOf(step, params) }, headers);
  }

  #params(params: JsonObject): JsonObject {
    return Object.fromEntries(Object.entries(params).map(([key, value]) => [key, this.#value(key, value)]));
  }

  #value(key: string, value: Json): Json {
    if (key === "timeout" && typeof value === "number") return Math.min(value, MAX_TIMEOUT_SECONDS);
    if (typeof value !== "string") return value;
    const long = /^(.)…\((\d+)\)$/.exec(value);
    return long === null ? this.scene.bindings.applied(value) : (long[1] ?? "").repeat(Number(long[2]));
  }

  #authId(as: string): string {
    return MADE_TOKENS[as] ?? "";
  }

  #credentials(as: string): Record<string, string> {
    const { bindings, tokens } = this.scene;
    if (as === "anonymous") return {};
    if (as === "root-ticket")
      return { Cookie: `PVEAuthCookie=${encodeURIComponent(this.#ticket)}`, CSRFPreventionToken: this.#csrf };
    if (as === "user-ticket")
      return { Cookie: `PVEAuthCookie=${encodeURIComponent(bindings.applied("{{ticket:user}}"))}` };
    const known = tokens.get(as);
    if (known !== undefined) return { Authorization: `PVEAPIToken=${known}` };
    if (as.startsWith("au-token"))
      return { Authorization: `PVEAPIToken=au@pve!sep=${bindings.applied("{{secret:sep}}")}` };
    if (as === "token-bad")
      return { Authorization: `PVEAPIToken ${(tokens.get("root-token") ?? "").replace("=", "=")}` };
    return { Authorization: `PVEAPIToken=${this.#authId(as)}=${bindings.applied(`{{secret:${as}}}`)}` };
  }

  #send(sent: Sent, headers: Record<string, string> = {}): Promise<Given> {
    const { pveUrl, caFile } = this.scene.running;
    return exchange(pveUrl, caFile, { ...sent, headers: { ...headers, ...sent.headers } });
  }
}

function bodyOf(step: Step, params: JsonObject): { body?: string; headers?: Record<string, string> } & object {
  const form = "application/x-www-form-urlencoded";
  if (typeof params["(body)"] === "string") return typed(form, params["(body)"]);
  if (step.method !== "POST" && step.method !== "PUT") return {};
  const raw = params["(raw)"];
  if (typeof raw === "string") return typed(raw.startsWith("<") ? "text/xml" : "application/json", raw);
  if (step.requestContentType?.startsWith("application/json")) return typed("application/json", JSON.stringify(params));
  return typed(form, formOf(params));
}

function typed(type: string, body: string): { body: string; headers: Record<string, string> } {
  return { body, headers: { "Content-Type": type } };
}
