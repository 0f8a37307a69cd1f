// Faults that are a state of the cluster while they last: a locked guest, a full storage, a node without power.
import type { Fault, Lasting } from "./faults.ts";
import type { Lab } from "./lab.ts";

const DEFAULT_LOCK = "backup";

/** Brings such faults about in this lab. */
export function lastingFaults(lab: Lab): Lasting {
  const setHealth = (node: string, health: "up" | "down"): void => {
    void lab.nodes
      .set(node, health)
      .then(() => lab.status.run())
      .catch((error: unknown) => lab.log(`node ${node}: ${String(error)}`));
  };
  return {
    begin: (fault) => {
      if (fault.kind === "guest-locked") lockedGuest(lab, fault)["lock"] = fault.lock ?? DEFAULT_LOCK;
      if (fault.kind === "node-down") {
        if (fault.node === undefined || !lab.state.nodes.includes(fault.node))
          throw new Error("node is one of the cluster's");
        setHealth(fault.node, "down");
      }
      lab.store.changed();
    },
    end: (fault) => {
      const config = lab.state.guests[fault.vmid ?? 0]?.config;
      if (fault.kind === "guest-locked" && config?.["lock"] === (fault.lock ?? DEFAULT_LOCK)) delete config["lock"];
      if (fault.kind === "node-down" && fault.node !== undefined) setHealth(fault.node, "up");
      lab.store.changed();
    },
  };
}

function lockedGuest(lab: Lab, { vmid }: Fault): Record<string, string> {
  const guest = lab.state.guests[vmid ?? 0];
  if (guest === undefined) throw new Error("vmid is that of a guest");
  return guest.config;
}
