// Finds the port of the Worker's own workerd: the dev server has a second one in front of it, which no deployment has.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Origin at which the Worker answers without the dev server's front; null where it cannot be found. */
export async function ownOrigin(pids: readonly number[], frontOrigin: string): Promise<string | null> {
  for (const port of pids.flatMap(listeningPorts)) {
    const origin = `http://127.0.0.1:${port}`;
    if (String(port) === new URL(frontOrigin).port) continue;
    const answer = await fetch(`${origin}/api/health`, { signal: AbortSignal.timeout(2_000) })
      .then((response) => response.json())
      .catch(() => null);
    if (JSON.stringify(answer) === '{"ok":true}') return origin;
  }
  return null;
}

/** TCP ports on 127.0.0.1 that a process listens on, from /proc. */
function listeningPorts(pid: number): number[] {
  const own = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => inodeOf(`/proc/${pid}/fd/${fd}`)));
  return readFileSync(`/proc/${pid}/net/tcp`, "utf8")
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN && own.has(fields[9]))
    .map((fields) => Number.parseInt(fields[1]?.split(":")[1] ?? "0", 16));
}

const LISTEN = "0A";

function inodeOf(link: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1];
  } catch {
    // Closed while we looked.
    return undefined;
  }
}
