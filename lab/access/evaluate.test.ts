// Access control lists: inheritance, groups, NoAccess, pools, and separated tokens.
import { describe, expect, test } from "vitest";
import { emptyState } from "../state-fixture.ts";
import type { AclEntry, LabState } from "../state.ts";
import { effectivePermissions, holds, normalizePath } from "./evaluate.ts";

function state(...acl: AclEntry[]): LabState {
  const result = emptyState();
  result.users["ana@pve"] = {
    enable: 1,
    expire: 0,
    tokens: { same: { secretHash: "", expire: 0, privsep: 0 }, apart: { secretHash: "", expire: 0, privsep: 1 } },
  };
  result.groups["staff"] = { users: ["ana@pve"] };
  result.pools = { top: { vms: [], storage: [] }, "top/a": { vms: [101], storage: ["fast"] } };
  result.acl = acl;
  return result;
}

function entry(path: string, roleid: string, more: Partial<AclEntry> = {}): AclEntry {
  return { path, type: "user", ugid: "ana@pve", roleid, propagate: 1, ...more };
}

describe("privileges on a path", () => {
  test("nothing without an entry, everything for root", () => {
    expect(holds(state(), "ana@pve", "/vms/100", ["VM.Audit"])).toBe(false);
    expect(holds(state(), "root@pam", "/vms/100", ["VM.Audit", "Sys.Modify"])).toBe(true);
  });

  test("a role is handed down unless told not to", () => {
    expect(holds(state(entry("/vms", "PVEVMUser")), "ana@pve", "/vms/100", ["VM.Console"])).toBe(true);
    expect(holds(state(entry("/vms", "PVEVMUser", { propagate: 0 })), "ana@pve", "/vms/100", ["VM.Console"])).toBe(
      false,
    );
  });

  test("a deeper entry replaces, the user's entry goes before the group's", () => {
    const acl = state(entry("/vms", "PVEVMAdmin"), entry("/vms/100", "PVETemplateUser"));
    expect(holds(acl, "ana@pve", "/vms/100", ["VM.Allocate"])).toBe(false);
    expect(holds(acl, "ana@pve", "/vms/100", ["VM.Clone"])).toBe(true);
    const both = state(
      entry("/vms/100", "PVEVMAdmin", { type: "group", ugid: "staff" }),
      entry("/vms/100", "PVETemplateUser"),
    );
    expect(holds(both, "ana@pve", "/vms/100", ["VM.Allocate"])).toBe(false);
  });

  test("NoAccess takes all away", () => {
    expect(
      holds(state(entry("/vms", "PVEVMAdmin"), entry("/vms/100", "NoAccess")), "ana@pve", "/vms/100", ["VM.Audit"]),
    ).toBe(false);
  });

  test("a pool's entry reaches its members, nested pools inherit, others are not touched", () => {
    const acl = state(entry("/pool/top", "PVEVMUser"));
    expect(holds(acl, "ana@pve", "/vms/101", ["VM.Console"])).toBe(true);
    expect(holds(acl, "ana@pve", "/vms/102", ["VM.Console"])).toBe(false);
    expect(
      holds(state(entry("/pool/top/a", "PVEDatastoreUser")), "ana@pve", "/storage/fast", ["Datastore.AllocateSpace"]),
    ).toBe(true);
    expect(effectivePermissions(acl, "ana@pve")["/vms/101"]?.["VM.Console"]).toBe(0);
  });

  test("a plain token is its user, a separated one needs entries of its own", () => {
    const acl = state(entry("/vms", "PVEVMUser"));
    expect(holds(acl, "ana@pve!same", "/vms/100", ["VM.Console"])).toBe(true);
    expect(holds(acl, "ana@pve!apart", "/vms/100", ["VM.Console"])).toBe(false);
    const given = state(
      entry("/vms", "PVEVMUser"),
      entry("/vms", "PVEVMAdmin", { type: "token", ugid: "ana@pve!apart" }),
    );
    expect(holds(given, "ana@pve!apart", "/vms/100", ["VM.Console"])).toBe(true);
    expect(holds(given, "ana@pve!apart", "/vms/100", ["VM.Allocate"])).toBe(false);
  });
});

test("paths are normalised, and what is no path is refused", () => {
  expect(normalizePath("//vms///100/")).toBe("/vms/100");
  expect(normalizePath("/")).toBe("/");
  expect(normalizePath("/pool/bad name")).toBeNull();
});
