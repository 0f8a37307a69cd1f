// Reads the committed facts about each endpoint: parameters, permission checks, and how they are reached.
import { readFileSync } from "node:fs";

/** One parameter, or one member of a property string, as the published schema bounds it. */
export interface Property {
  type?: "string" | "integer" | "number" | "boolean" | "array" | "object";
  optional?: number;
  enum?: string[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  requires?: string;
  default_key?: number;
  alias?: string;
  keyAlias?: string;
  /** A named format, or the members of a property string. */
  format?: string | Record<string, Property>;
  items?: Property;
}

/** A permission check as the schema writes it, such as `["perm", "/vms/{vmid}", ["VM.Audit"]]`. */
export type Check = [string, ...unknown[]];

export interface Contract {
  parameters: Record<string, Property>;
  /** `all` for whoever is signed in, `world` for everybody; absent where `check` decides. */
  user?: "all" | "world";
  check?: Check;
  noToken?: boolean;
  /** The call is answered by the node that its path names. */
  proxy?: boolean;
}

/** How many slots each numbered parameter has (`net[n]` is net0 … net31). */
const SLOTS: Record<string, number> = {
  ide: 4,
  sata: 6,
  scsi: 31,
  virtio: 16,
  net: 32,
  ipconfig: 32,
  serial: 4,
  parallel: 3,
  usb: 14,
  hostpci: 16,
  numa: 8,
  unused: 256,
  mp: 256,
  dev: 256,
  virtiofs: 10,
};

/** Every endpoint served, keyed `METHOD /path/{template}`. */
export const CONTRACTS: Record<string, Contract> = JSON.parse(
  readFileSync(new URL("table.json", import.meta.url), "utf8"),
) as Record<string, Contract>;

/** The property behind a parameter name, numbered ones included; undefined where the endpoint does not know it. */
export function propertyOf(parameters: Record<string, Property>, name: string): Property | undefined {
  const exact = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  if (exact !== undefined) return exact;
  const numbered = /^([a-z]+)(0|[1-9]\d*)$/.exec(name);
  if (numbered === null) return undefined;
  const [, family = "", index = ""] = numbered;
  return Number(index) < (SLOTS[family] ?? 0) ? parameters[`${family}[n]`] : undefined;
}
