// Sorting of what Proxmox VE answers: texts as a real 9.2 server says them, each to what the portal does about it.
import { describe, expect, it } from "vitest";
import { isTransient, kindOf, kindOfText, PveError } from "./errors.ts";
import type { PveErrorKind } from "./errors.ts";

const READ = false;
const WRITE = true;

const ANSWERS: [status: number, text: string, write: boolean, kind: PveErrorKind][] = [
  [401, "Authentication failed!", READ, "unauthorised"],
  [401, "No ticket", WRITE, "unauthorised"],
  [401, "permission denied - invalid PVEVNC ticket", READ, "unauthorised"],
  [403, "Permission check failed", WRITE, "forbidden"],
  [403, "Permission check failed (/vms/301, VM.Audit)", READ, "forbidden"],
  [403, "Permission check failed (pool 'nopool' does not exist)", WRITE, "forbidden"],
  [
    500,
    "update pools failed: 403 Permission check failed (/vms/110, Permissions.Modify|VM.Allocate)",
    WRITE,
    "forbidden",
  ],
  [500, "create pool failed: pool 'tenantA' already exists", WRITE, "exists"],
  [500, "create user failed: user 'a@pve' already exists", WRITE, "exists"],
  [400, "Parameter verification failed.; tokenid: Token already exists.", WRITE, "exists"],
  [500, "unable to create VM 201: config file already exists", WRITE, "exists"],
  [500, "unable to create VM 301 - VM 301 already exists on node 'pve1'", WRITE, "exists"],
  [500, "Configuration file 'nodes/pve1/qemu-server/499.conf' does not exist", READ, "absent"],
  [500, "unable to find configuration file for VM 499 on node 'pve1'", WRITE, "absent"],
  [500, "pool 'nopool' does not exist", READ, "absent"],
  [500, "no such user ('nobody@pve')", READ, "absent"],
  [500, "no such token 'none' for user 'a@pve'", WRITE, "absent"],
  [400, "Parameter verification failed.; upid: no such task", READ, "absent"],
  [400, "Parameter verification failed.; upid: unable to parse worker upid", READ, "invalid"],
  [400, "Parameter verification failed.; cores: value must have a minimum value of 1", WRITE, "invalid"],
  [500, "VM is locked (backup)", WRITE, "busy"],
  [500, "can't lock file '/var/lock/qemu-server/lock-401.conf' - got timeout", WRITE, "busy"],
  [500, "QEMU guest agent is not running", READ, "failed"],
  [500, "VM 401 not running", WRITE, "failed"],
  [500, "checksum mismatch (file change by other user?)", WRITE, "failed"],
  [501, "Method 'GET /nope' not implemented", READ, "failed"],
  [503, "Service Unavailable", WRITE, "unreachable"],
  [595, "No route to host", READ, "unreachable"],
  [595, "No route to host", WRITE, "unreachable"],
  [596, "Broken pipe", READ, "unreachable"],
  [596, "Broken pipe", WRITE, "uncertain"],
  [504, "Gateway Timeout", WRITE, "uncertain"],
];

const EXITS: [text: string, kind: PveErrorKind | null][] = [
  ["can't lock file '/var/lock/qemu-server/lock-601.conf' - got timeout", "busy"],
  ["VM is locked (snapshot)", "busy"],
  ["unable to create VM 201: config file already exists", "exists"],
  ["403 Permission check failed (/sdn/zones/localnetwork/vmbr0, SDN.Use)", "forbidden"],
  ["unable to find configuration file for VM 499 on node 'pve1'", "absent"],
  ["Configuration file 'nodes/pve1/qemu-server/599.conf' does not exist", "absent"],
  ["start failed: QEMU exited with code 1", null],
  ["shrinking disks is not supported", null],
  ["job errors", null],
];

describe("kindOf", () => {
  it.each(ANSWERS)("%i %s (write: %s): %s", (status, text, write, kind) =>
    expect(kindOf(status, text, write)).toBe(kind),
  );
});

describe("kindOfText", () => {
  it.each(EXITS)("%s: %s", (text, kind) => expect(kindOfText(text)).toBe(kind));
});

describe("PveError", () => {
  it("keeps one short line of what the server said", () => {
    const error = new PveError("failed", 500, `first\nsecond${"x".repeat(500)}`);
    expect(error.detail).toMatch(/^first second/);
    expect(error.detail.length).toBeLessThanOrEqual(300);
    expect(error.message).not.toContain("\n");
  });

  it("is worth another try unless the answer would be the same", () => {
    const kinds = [
      "unreachable",
      "uncertain",
      "busy",
      "failed",
      "nonsense",
      "unauthorised",
      "forbidden",
      "absent",
      "exists",
      "invalid",
    ] as const;
    const transient = kinds.filter((kind) => isTransient(new PveError(kind, 0, "")));
    expect(transient).toEqual(["unreachable", "uncertain", "busy", "failed", "nonsense"]);
    expect(isTransient(new Error("other"))).toBe(false);
  });
});
