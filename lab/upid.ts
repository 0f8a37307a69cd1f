// Task ids of Proxmox VE: `UPID:node:pid:pstart:starttime:type:id:authid:` with the numbers in hex.

export interface UpidParts {
  node: string;
  pid: number;
  /** Clock ticks since the node's boot. */
  pstart: number;
  /** Seconds since the epoch. */
  startTime: number;
  type: string;
  id: string;
  authId: string;
}

export function formatUpid(parts: UpidParts): string {
  return `UPID:${parts.node}:${hex(parts.pid)}:${hex(parts.pstart)}:${hex(parts.startTime)}:${parts.type}:${parts.id}:${parts.authId}:`;
}

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, "0");
}

/** The parts of a task id, or null where it is not one. */
export function parseUpid(text: string): UpidParts | null {
  const match =
    /^UPID:([a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?):([0-9A-F]{8}):([0-9A-F]{8,9}):([0-9A-F]{8}):([^:\s]+):([^:\s]*):([^:\s]+):$/i.exec(
      text,
    );
  if (match === null) return null;
  const [, node = "", pid = "", pstart = "", startTime = "", type = "", id = "", authId = ""] = match;
  return {
    node,
    pid: parseInt(pid, 16),
    pstart: parseInt(pstart, 16),
    startTime: parseInt(startTime, 16),
    type,
    id,
    authId,
  };
}
