// What an endpoint is: a method and a path template of the contract, and the work behind them.
import type { Duplex } from "node:stream";
import type { Check } from "../contract/table.ts";
import type { Params } from "../contract/verify.ts";
import type { Lab } from "../lab.ts";

/** Who asks, and by what credentials. */
export interface Identity {
  /** `user@realm` or `user@realm!token`; empty for nobody. */
  authId: string;
  by: "ticket" | "token" | "nobody";
}

/** One verified request. Parameters hold those of path, query and body together. */
export interface Call {
  lab: Lab;
  identity: Identity;
  params: Params;
  /** Node named in the path (`localhost` resolved), empty where there is none. */
  node: string;
  /** Whether the client wants to change over to a WebSocket. */
  upgrade: boolean;
}

export interface Endpoint {
  /** Key of the contract, such as `GET /nodes/{node}/qemu`. */
  route: string;
  /** In place of the contract's check, where the schema tells less than the server does. */
  check?: Check;
  run(call: Call): unknown;
}

/** A list with the number of entries that there are in all. */
export class Listing {
  readonly data: unknown[];
  readonly total: number;

  constructor(data: unknown[], total: number) {
    this.data = data;
    this.total = total;
  }
}

/** Answer of an endpoint that takes the connection over; without `takeOver` it is cut with no answer at all. */
export class Upgrade {
  readonly takeOver: ((socket: Duplex, head: Buffer) => void) | null;

  constructor(takeOver: ((socket: Duplex, head: Buffer) => void) | null) {
    this.takeOver = takeOver;
  }
}

/** A text parameter, or undefined where it was not given. */
export function text(call: Call, name: string): string | undefined {
  const value = call.params[name];
  return typeof value === "string" ? value : undefined;
}

/** A text parameter that the contract demands. */
export function required(call: Call, name: string): string {
  return text(call, name) ?? "";
}

export function integer(call: Call, name: string): number | undefined {
  const value = text(call, name);
  return value === undefined ? undefined : Number(value);
}

export function flag(call: Call, name: string): boolean {
  return text(call, name) === "1";
}

/** Items of a list parameter. */
export function items(call: Call, name: string): string[] {
  return (text(call, name) ?? "").split(/[,;\s]+/).filter((item) => item !== "");
}

/** The numbered guest of the path. */
export function vmidOf(call: Call): number {
  return Number(required(call, "vmid"));
}
