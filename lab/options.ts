// The lab's command line.
import { parseArgs } from "node:util";
import { SYNTHETIC_NODES } from "./synthetic-seed.ts";

export const MIN_SPEED = 0.01;
export const MAX_SPEED = 1_000;
const DEFAULT_NODES = 3;
const MAX_NODES = 32;
const MAX_GUESTS = 100_000;

export interface LabOptions {
  /** Directory that holds everything the lab remembers: certificates, state, disks, logs. */
  stateDir: string;
  pvePort: number;
  controlPort: number;
  runtime: "auto" | "qemu" | "painted";
  /** How many nodes a fresh state is seeded with. */
  nodes: number;
  /** Divides every simulated duration: task times, refused logins' wait, the status round. */
  speed: number;
  /** How many synthetic guests a fresh state is filled with. */
  guests?: number;
  /** Only make the certificate authority, print where it is, and end. */
  caOnly: boolean;
}

/**
 * Reads the arguments after the script's name, and `LAB_GUESTS` from the environment; throws with a plain message on what
 * it does not understand.
 */
export function parseOptions(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): LabOptions {
  const guests = number("LAB_GUESTS", environment["LAB_GUESTS"] || "0", 0, MAX_GUESTS);
  const { values } = parseArgs({
    args: [...argv],
    options: {
      state: { type: "string", default: ".state/lab" },
      "pve-port": { type: "string", default: "8006" },
      "control-port": { type: "string", default: "8025" },
      runtime: { type: "string", default: "auto" },
      nodes: { type: "string", default: String(guests > 0 ? SYNTHETIC_NODES : DEFAULT_NODES) },
      speed: { type: "string", default: "1" },
      "ca-only": { type: "boolean", default: false },
    },
  });
  const runtime = values.runtime;
  if (runtime !== "auto" && runtime !== "qemu" && runtime !== "painted")
    throw new Error("--runtime is auto, qemu or painted");
  return {
    stateDir: values.state,
    pvePort: number("--pve-port", values["pve-port"], 0, 65_535),
    controlPort: number("--control-port", values["control-port"], 0, 65_535),
    runtime,
    nodes: number("--nodes", values.nodes, 1, MAX_NODES),
    speed: number("--speed", values.speed, MIN_SPEED, MAX_SPEED),
    guests,
    caOnly: values["ca-only"],
  };
}

function number(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text === "" || !(value >= min && value <= max)) throw new Error(`${name} is a number from ${min} to ${max}`);
  return value;
}
