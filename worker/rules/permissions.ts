// Who may do what in a tenant: one table that the server enforces and the screens read.
import type { Role } from "./views.ts";

const TABLE = {
  "service.read": ["owner", "operator", "viewer"],
  "service.launch": ["owner", "operator"],
  "service.power": ["owner", "operator"],
  "service.delete": ["owner", "operator"],
  "service.console": ["owner", "operator"],
  "children.read": ["owner", "operator", "viewer"],
  "children.manage": ["owner", "operator"],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof TABLE;

export function may(role: Role, permission: Permission): boolean {
  return (TABLE[permission] as readonly Role[]).includes(role);
}
