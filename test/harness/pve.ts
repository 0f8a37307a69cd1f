// Proxmox VE as the lab plays it, asked directly: past the portal, with whatever credential.
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { dirname, join } from "node:path";
import { lane } from "./lane.ts";
import { pause } from "./portal.ts";

export interface PveAnswer<T = unknown> {
  status: number;
  /** Reason phrase of the status line. */
  reason: string;
  /** Text of the body's `message`, without its line end. */
  message: string;
  data: T;
}

export interface Credential {
  headers: Record<string, string>;
}

export function token(tokenId: string, secret: string): Credential {
  return { headers: { authorization: `PVEAPIToken=${tokenId}=${secret}` } };
}

/** The portal's own token, which makes and deletes guests. */
export function provisioner(): Credential {
  return { headers: { authorization: `PVEAPIToken=${lane.provisioningToken}` } };
}

/** The cluster's root, for what happens behind the portal's back. */
export async function root(): Promise<Credential> {
  const password = readFileSync(join(dirname(lane.caFile), "root-password"), "utf8").trim();
  const answer = await pve<{ ticket: string; CSRFPreventionToken: string }>({ headers: {} }, "POST", "/access/ticket", {
    username: "root@pam",
    password,
  });
  return {
    headers: {
      cookie: `PVEAuthCookie=${encodeURIComponent(answer.data.ticket)}`,
      CSRFPreventionToken: answer.data.CSRFPreventionToken,
    },
  };
}

/** One request to the API; parameters go in the query of GET and DELETE, in a form otherwise. */
export function pve<T = unknown>(
  as: Credential,
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  params: Record<string, string | number> = {},
): Promise<PveAnswer<T>> {
  const form = new URLSearchParams(Object.entries(params).map(([name, value]) => [name, String(value)])).toString();
  const inQuery = method === "GET" || method === "DELETE";
  const url = new URL(`/api2/json${path}${inQuery && form !== "" ? `?${form}` : ""}`, lane.pveUrl);
  const headers = { ...as.headers, ...(inQuery ? {} : { "content-type": "application/x-www-form-urlencoded" }) };
  return new Promise((resolve, reject) => {
    const call = request(url, { method, headers, ca: readFileSync(lane.caFile), agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        const body = (text === "" ? {} : JSON.parse(text)) as { data?: T; message?: string };
        resolve({
          status: response.statusCode ?? 0,
          reason: response.statusMessage ?? "",
          message: body.message?.trim() ?? "",
          data: body.data as T,
        });
      });
    });
    call.on("error", reject);
    call.end(inQuery ? undefined : form);
  });
}

/** Sends a request whose answer is a task, and waits for that to end; answers its exit status. */
export async function pveTask(...call: Parameters<typeof pve>): Promise<string> {
  const answer = await pve<string>(...call);
  if (answer.status !== 200) throw new Error(`${call[1]} ${call[2]}: ${answer.status} ${answer.message}`);
  const node = answer.data.split(":")[1];
  for (;;) {
    const path = `/nodes/${node}/tasks/${encodeURIComponent(answer.data)}/status`;
    const state = await pve<{ status: string; exitstatus?: string }>(call[0], "GET", path);
    if (state.data.status === "stopped") return state.data.exitstatus ?? "";
    await pause(50);
  }
}

/** A guest's configuration as root reads it; null where there is none. */
export async function configOf(vmid: number): Promise<Record<string, string | number> | null> {
  const answer = await pve<Record<string, string | number>>(await root(), "GET", `/nodes/pve1/qemu/${vmid}/config`);
  return answer.status === 200 ? answer.data : null;
}

/** How many tasks of one type a guest has had, whoever began them. */
export async function tasksOf(vmid: number, typefilter: string): Promise<number> {
  const params = { typefilter, vmid, source: "all", limit: 500 };
  return (await pve<unknown[]>(await root(), "GET", "/nodes/pve1/tasks", params)).data.length;
}

/** Waits until a guest has booted: its agent answers. Before that it would not hear its power button. */
export async function booted(vmid: number): Promise<void> {
  const as = await root();
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await pve(as, "POST", `/nodes/pve1/qemu/${vmid}/agent/ping`)).status === 200) return;
    await pause(100);
  }
  throw new Error(`guest ${vmid} never booted`);
}
