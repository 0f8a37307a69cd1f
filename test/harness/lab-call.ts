// Asks the lab as the portal does, with the provisioning token, but without the portal in between.
import { readFileSync } from "node:fs";
import { request } from "node:https";
import type { LabReady } from "../../lab/stack/stack.ts";

/** One request to the lab with the provisioning token; answers `data`. */
export function labCall<T>(
  lab: LabReady,
  method: "GET" | "POST" | "PUT",
  path: string,
  params: Record<string, string> = {},
): Promise<T> {
  const body = new URLSearchParams(params).toString();
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(`/api2/json${path}`, lab.pveUrl),
      {
        method,
        // One that was kept open may be closed at the very moment at which it is used again.
        agent: false,
        ca: readFileSync(lab.caFile),
        headers: {
          authorization: `PVEAPIToken=${lab.provisioningToken}`,
          "content-type": "application/x-www-form-urlencoded",
          "content-length": Buffer.byteLength(body),
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        response.on("end", () => {
          if (response.statusCode === 200) resolve((JSON.parse(text) as { data: T }).data);
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${response.statusMessage}`));
        });
      },
    );
    sent.once("error", reject);
    sent.end(body);
  });
}
