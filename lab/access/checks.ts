// Runs the permission checks that the contract declares beside each endpoint.
import type { Check } from "../contract/table.ts";
import type { Params } from "../contract/verify.ts";
import { forbidden, type Failure } from "../http/failure.ts";
import type { LabState } from "../state.ts";
import { holds, normalizePath, rolePrivileges } from "./evaluate.ts";

/** Refuses (403) where `authId` may not do what the check guards. */
export function enforce(state: LabState, authId: string, check: Check, params: Params): void {
  const refusal = refusalOf(state, authId, check, params);
  if (refusal !== null) throw refusal;
}

/** Refuses (403) unless all privileges (with `any`: one of them) are held on the path. */
export function requirePrivileges(
  state: LabState,
  authId: string,
  path: string,
  privileges: readonly string[],
  any = false,
): void {
  const refusal = privilegeRefusal(state, authId, path, privileges, any);
  if (refusal !== null) throw refusal;
}

/** Whether the caller may hand out rights on the path; `any` of the named privileges is enough. */
export function modifyPrivileges(path: string): string[] {
  const privileges = ["Permissions.Modify"];
  if (path.startsWith("/storage/")) privileges.push("Datastore.Allocate");
  else if (path.startsWith("/vms/")) privileges.push("VM.Allocate");
  else if (path.startsWith("/pool/")) privileges.push("Pool.Allocate");
  return privileges;
}

/** True where every privilege of the role is held on the path, so that it may be handed on without Permissions.Modify. */
export function coversRole(state: LabState, authId: string, path: string, roleid: string): boolean {
  return holds(state, authId, path, rolePrivileges(state, roleid) ?? []);
}

function refusalOf(state: LabState, authId: string, check: Check, params: Params): Failure | null {
  const [test, ...args] = check;
  switch (test) {
    case "and": {
      for (const part of args as Check[]) {
        const refusal = refusalOf(state, authId, part, params);
        if (refusal !== null) return refusal;
      }
      return null;
    }
    case "or":
      return (args as Check[]).some((part) => refusalOf(state, authId, part, params) === null) ? null : forbidden();
    case "perm":
      return permRefusal(state, authId, args, params);
    case "perm-modify": {
      const path = normalizePath(fill(args[0] as string, params)) ?? "";
      return privilegeRefusal(state, authId, path, modifyPrivileges(path), true);
    }
    case "userid-param":
      return userParamRefusal(state, authId, args[0] as string, params);
    case "userid-group":
      return userGroupRefusal(state, authId, args, params);
    default:
      throw new Error(`permission check '${test}' is not known`);
  }
}

function permRefusal(state: LabState, authId: string, args: unknown[], params: Params): Failure | null {
  const [template, privileges, ...rest] = args as [string, string[], ...unknown[]];
  const options = pairs(rest);
  const required = options["require_param"];
  if (typeof required === "string" && params[required] === undefined) return forbidden();
  return privilegeRefusal(state, authId, normalizePath(fill(template, params)) ?? "", privileges, options["any"] === 1);
}

function userParamRefusal(state: LabState, authId: string, wanted: string, params: Params): Failure | null {
  const userid = String(params["userid"] ?? "");
  // A token is not its user: it may not act on itself as the user could.
  if (wanted === "self") return authId === userid ? null : forbidden();
  const realm = userid.split("@").at(-1) ?? "";
  return privilegeRefusal(state, authId, `/access/realm/${realm}`, [wanted], false);
}

function userGroupRefusal(state: LabState, authId: string, args: unknown[], params: Params): Failure | null {
  const [privileges, ...flags] = args as [string[], ...unknown[]];
  if (holds(state, authId, "/access/groups", privileges, true)) return null;
  const userid = String(params["userid"] ?? "");
  const given = String(params["groups"] ?? "")
    .split(/[,;\s]+/)
    .filter((group) => group !== "");
  const ofUser = Object.entries(state.groups)
    .filter(([, group]) => group.users.includes(userid))
    .map(([id]) => id);
  const groups = flags.includes("create") ? given : ofUser;
  if (groups.length === 0) return forbidden(`/access/groups, ${privileges.join("|")}`);
  const mayAny = groups.some((group) => holds(state, authId, `/access/groups/${group}`, privileges, true));
  const mayAll = given.every((group) => holds(state, authId, `/access/groups/${group}`, privileges, true));
  return mayAny && (!flags.includes("groups_param") || mayAll) ? null : forbidden();
}

function privilegeRefusal(
  state: LabState,
  authId: string,
  path: string,
  privileges: readonly string[],
  any: boolean,
): Failure | null {
  // What is no path is refused to root, too.
  if (path !== "" && holds(state, authId, path, privileges, any)) return null;
  if (any) return forbidden(`${path}, ${privileges.join("|")}`);
  const missing = privileges.find((privilege) => !holds(state, authId, path, [privilege])) ?? privileges[0];
  return forbidden(`${path}, ${missing}`);
}

function fill(template: string, params: Params): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    // A repeated parameter is no path: the check then fails on an empty one, as on the real server.
    return typeof value === "string" ? value : "?";
  });
}

function pairs(rest: unknown[]): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (let index = 0; index + 1 < rest.length; index += 2) result[String(rest[index])] = rest[index + 1];
  return result;
}
