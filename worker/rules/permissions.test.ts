// Who may do what: the table in full, so that a change of it is a change of this file too.
import { expect, it } from "vitest";
import { may, scopesFor } from "./permissions.ts";
import type { Permission } from "./permissions.ts";

const all = { owner: true, operator: true, viewer: true };
const working = { owner: true, operator: true, viewer: false };
const owner = { owner: true, operator: false, viewer: false };

const EXPECTED: Record<Permission, { owner: boolean; operator: boolean; viewer: boolean }> = {
  "service.read": all,
  "service.launch": working,
  "service.power": working,
  "service.change": working,
  "service.snapshot": working,
  "service.backup": working,
  "service.schedule": working,
  "service.script": working,
  "service.delete": working,
  "service.console": working,
  "quota.request": working,
  "team.read": all,
  "team.manage": owner,
  "keys.read": working,
  "keys.manage": working,
  "audit.read": working,
  "settings.manage": owner,
  "children.read": all,
  "children.manage": working,
  "children.delete": owner,
  "storefront.manage": owner,
  "plans.manage": working,
  "platform.read": all,
  "platform.manage": working,
};

it.each(Object.entries(EXPECTED))("%s", (permission, roles) => {
  for (const role of ["owner", "operator", "viewer"] as const) {
    expect(may(role, permission as Permission), `${role} ${permission}`).toBe(roles[role]);
  }
});

it("gives a key nothing that its maker may not do, and nothing that is for people", () => {
  expect(scopesFor("viewer", "tenant")).toEqual(["service.read", "team.read"]);
  for (const kind of ["tenant", "reseller", "platform"] as const) {
    for (const scope of scopesFor("owner", kind)) {
      expect(["service.console", "team.manage", "keys.manage", "settings.manage", "children.delete"]).not.toContain(
        scope,
      );
    }
  }
  expect(scopesFor("owner", "tenant").some((scope) => scope.startsWith("children."))).toBe(false);
  expect(scopesFor("operator", "reseller")).toContain("children.manage");
});
