// The roles in the order in which they are offered, the mightiest first.
import type { Role } from "../../../worker/rules/views.ts";

export const ROLES = ["owner", "operator", "viewer"] as const satisfies readonly Role[];
