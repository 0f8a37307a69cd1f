// Who may do what: the table in full, so that a change of it is a change of this file too.
import { expect, it } from "vitest";
import { may } from "./permissions.ts";
import type { Permission } from "./permissions.ts";

const EXPECTED: Record<Permission, { owner: boolean; operator: boolean; viewer: boolean }> = {
  "service.read": { owner: true, operator: true, viewer: true },
  "service.launch": { owner: true, operator: true, viewer: false },
  "service.power": { owner: true, operator: true, viewer: false },
  "service.delete": { owner: true, operator: true, viewer: false },
  "service.console": { owner: true, operator: true, viewer: false },
  "children.read": { owner: true, operator: true, viewer: true },
  "children.manage": { owner: true, operator: true, viewer: false },
};

it.each(Object.entries(EXPECTED))("%s", (permission, roles) => {
  for (const role of ["owner", "operator", "viewer"] as const) {
    expect(may(role, permission as Permission), `${role} ${permission}`).toBe(roles[role]);
  }
});
