// Paths to Proxmox VE: whatever an id holds, it stays one segment or is refused.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LooseNumber, pvePath, Upid } from "./client.ts";
import { PveError } from "./errors.ts";

describe("pvePath", () => {
  it("keeps ids as one segment each", () => {
    expect(pvePath`/nodes/${"pve1"}/qemu/${100}/status/current`).toBe("/nodes/pve1/qemu/100/status/current");
    expect(pvePath`/access/users/${"t-abc@pve"}/token/${"portal"}`).toBe("/access/users/t-abc%40pve/token/portal");
    const upid = "UPID:pve1:0000121D:0005A3B2:6B00DB2C:qmclone:9000:nubemox@pve!prov:";
    expect(decodeURIComponent(pvePath`/nodes/${"pve1"}/tasks/${upid}/status`)).toBe(`/nodes/pve1/tasks/${upid}/status`);
  });

  it.each([
    "",
    ".",
    "..",
    "a..b",
    "a/b",
    "/",
    "a%2Fb",
    "%2e%2e",
    "a\\b",
    "a?b",
    "a#b",
    "a b",
    "a\nb",
    "-a",
    ".a",
    "a;b",
    "é",
  ])("refuses %j", (id) => {
    expect(() => pvePath`/nodes/${id}/qemu`).toThrow(PveError);
  });

  it("never lets a value change the number of segments", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."ab/.%2Ff@!:?#\\") })), (id) => {
        const path = pathOrNull(id);
        if (path === null) return;
        const url = new URL(`/api2/json${path}`, "https://pve.example:8006");
        expect(url.pathname.split("/")).toHaveLength(6);
        expect(decodeURIComponent(url.pathname)).toBe(`/api2/json/nodes/${id}/qemu`);
        expect(url.search + url.hash).toBe("");
      }),
      { numRuns: 2_000 },
    );
  });
});

/** The path, or null where the id was refused; any other error is a failure of the test. */
function pathOrNull(id: string): string | null {
  try {
    return pvePath`/nodes/${id}/qemu`;
  } catch (error) {
    if (error instanceof PveError) return null;
    throw error;
  }
}

describe("shapes of answers", () => {
  it("takes numbers that came as text, and nothing that is none", () => {
    expect(LooseNumber.parse("5900")).toBe(5900);
    expect(LooseNumber.parse(1)).toBe(1);
    for (const value of ["", "5900x", null, "1e3"]) expect(LooseNumber.safeParse(value).success).toBe(false);
  });

  it("takes a task id, and nothing else for one", () => {
    expect(Upid.safeParse("UPID:pve1:0000121D:0005A3B2:6B00DB2C:qmclone:9000:nubemox@pve!prov:").success).toBe(true);
    expect(Upid.safeParse("UPID:pve1:0000121D:0005A3B2:6B00DB2C:imgdel:120@local:a@pve:").success).toBe(true);
    for (const text of ["", "OK", "UPID:pve1", "UPID:../x:1:1:1:qmclone:1:a@pve:"])
      expect(Upid.safeParse(text).success).toBe(false);
  });
});
