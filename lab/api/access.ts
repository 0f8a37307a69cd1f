// Groups, roles, access control lists and effective permissions.
import { coversRole, modifyPrivileges } from "../access/checks.ts";
import {
  effectivePermissions,
  holds,
  normalizePath,
  privilegesOn,
  rolePrivileges,
  userOf,
} from "../access/evaluate.ts";
import { BUILT_IN_ROLES } from "../access/privileges.ts";
import { flag, items, required, text, type Call, type Endpoint } from "../http/endpoint.ts";
import { badParameters, failed } from "../http/failure.ts";
import type { AclEntry, LabState } from "../state.ts";
import { requirePrivileges } from "../access/checks.ts";

/** The paths on which rights can be given. */
const ACL_PATH =
  /^\/(?:access(?:\/(?:groups|realm)(?:\/[^/]+)?)?|nodes(?:\/[^/]+)?|pool(?:\/[^/]+){0,3}|sdn(?:\/zones(?:\/[^/]+){0,3}|\/[a-z]+)?|storage(?:\/[^/]+)?|vms(?:\/[1-9]\d{2,})?|mapping(?:\/[^/]+){0,2})?$/;

export const accessEndpoints: Endpoint[] = [
  { route: "GET /access/groups", run: listGroups },
  { route: "POST /access/groups", run: createGroup },
  { route: "GET /access/groups/{groupid}", run: showGroup },
  { route: "PUT /access/groups/{groupid}", run: updateGroup },
  { route: "DELETE /access/groups/{groupid}", run: deleteGroup },
  { route: "GET /access/roles", run: listRoles },
  { route: "POST /access/roles", run: createRole },
  { route: "GET /access/roles/{roleid}", run: showRole },
  { route: "PUT /access/roles/{roleid}", run: updateRole },
  { route: "DELETE /access/roles/{roleid}", run: deleteRole },
  { route: "GET /access/acl", run: listAcl },
  { route: "PUT /access/acl", run: updateAcl },
  { route: "GET /access/permissions", run: permissions },
];

function listGroups(call: Call): unknown[] {
  const { state } = call.lab;
  return Object.entries(state.groups)
    .filter(([groupid]) =>
      holds(
        state,
        call.identity.authId,
        `/access/groups/${groupid}`,
        ["User.Modify", "Sys.Audit", "Group.Allocate"],
        true,
      ),
    )
    .map(([groupid, group]) => ({
      groupid,
      users: group.users.join(","),
      ...(group.comment === undefined ? {} : { comment: group.comment }),
    }));
}

function createGroup(call: Call): null {
  const { state, store } = call.lab;
  const groupid = required(call, "groupid");
  if (state.groups[groupid] !== undefined) throw failed(`create group failed: group '${groupid}' already exists`);
  const comment = text(call, "comment");
  state.groups[groupid] = { users: [], ...(comment === undefined ? {} : { comment }) };
  store.changed();
  return null;
}

function showGroup(call: Call): unknown {
  const groupid = required(call, "groupid");
  const group = call.lab.state.groups[groupid];
  if (group === undefined) throw failed(`group '${groupid}' does not exist`);
  return { members: group.users, ...(group.comment === undefined ? {} : { comment: group.comment }) };
}

function updateGroup(call: Call): null {
  const { state, store } = call.lab;
  const groupid = required(call, "groupid");
  const group = state.groups[groupid];
  if (group === undefined) throw failed(`update group failed: group '${groupid}' does not exist`);
  const comment = text(call, "comment");
  if (comment !== undefined) group.comment = comment;
  store.changed();
  return null;
}

function deleteGroup(call: Call): null {
  const { state, store } = call.lab;
  const groupid = required(call, "groupid");
  if (state.groups[groupid] === undefined) throw failed(`delete group failed: group '${groupid}' does not exist`);
  delete state.groups[groupid];
  state.acl = state.acl.filter((entry) => entry.type !== "group" || entry.ugid !== groupid);
  store.changed();
  return null;
}

function listRoles(call: Call): unknown[] {
  return [...roleRows(BUILT_IN_ROLES, 1), ...roleRows(call.lab.state.roles, 0)];
}

function roleRows(roles: Readonly<Record<string, readonly string[]>>, special: 0 | 1): unknown[] {
  return Object.entries(roles).map(([roleid, privileges]) => ({
    roleid,
    privs: [...privileges].sort().join(","),
    special,
  }));
}

function createRole(call: Call): null {
  const { state, store } = call.lab;
  const roleid = required(call, "roleid");
  if (rolePrivileges(state, roleid) !== undefined) throw failed(`create role failed: role '${roleid}' already exists`);
  state.roles[roleid] = items(call, "privs");
  store.changed();
  return null;
}

function showRole(call: Call): unknown {
  const roleid = required(call, "roleid");
  const privileges = rolePrivileges(call.lab.state, roleid);
  if (privileges === undefined) throw failed(`role '${roleid}' does not exist`);
  return Object.fromEntries(privileges.map((privilege) => [privilege, 1]));
}

function updateRole(call: Call): null {
  const { state, store } = call.lab;
  const roleid = required(call, "roleid");
  if (BUILT_IN_ROLES[roleid] !== undefined) throw failed(`auto-generated role '${roleid}' cannot be modified`);
  const before = state.roles[roleid];
  if (before === undefined) throw failed(`role '${roleid}' does not exist`);
  state.roles[roleid] = [...new Set([...(flag(call, "append") ? before : []), ...items(call, "privs")])];
  store.changed();
  return null;
}

function deleteRole(call: Call): null {
  const { state, store } = call.lab;
  const roleid = required(call, "roleid");
  if (BUILT_IN_ROLES[roleid] !== undefined) throw failed(`auto-generated role '${roleid}' cannot be deleted`);
  if (state.roles[roleid] === undefined) throw failed(`delete role failed: role '${roleid}' does not exist`);
  delete state.roles[roleid];
  state.acl = state.acl.filter((entry) => entry.roleid !== roleid);
  store.changed();
  return null;
}

function listAcl(call: Call): unknown[] {
  const { state } = call.lab;
  const { authId } = call.identity;
  return state.acl
    .filter((entry) => holds(state, authId, entry.path, modifyPrivileges(entry.path), true))
    .map((entry) => ({ ...entry }));
}

function updateAcl(call: Call): null {
  const { state, store } = call.lab;
  const { authId } = call.identity;
  const path = normalizePath(required(call, "path"));
  if (path === null || !ACL_PATH.test(path))
    throw badParameters({ path: `invalid ACL path '${required(call, "path")}'` });
  const principals = principalsOf(call);
  if (principals.length === 0) throw badParameters({ users: "property is missing and it is not optional" });
  const roles = items(call, "roles");
  const propagate = text(call, "propagate") === "0" ? 0 : 1;
  const mayAll = holds(state, authId, path, ["Permissions.Modify"]);
  const added: AclEntry[] = [];
  for (const roleid of roles) {
    if (rolePrivileges(state, roleid) === undefined) throw failed(`ACL update failed: role '${roleid}' does not exist`);
    if (!mayAll && !coversRole(state, authId, path, roleid)) {
      const text = `role: Cannot add role '${roleid}' - requires 'Permissions.Modify' or superset of privileges.`;
      throw failed(`ACL update failed: 400 Parameter verification failed.\n${text}`);
    }
    for (const principal of principals) {
      refuseUnknown(state, principal);
      added.push({ path, ...principal, roleid, propagate });
    }
  }
  state.acl = state.acl.filter((entry) => !added.some((one) => isSameGrant(one, entry)));
  if (!flag(call, "delete")) state.acl.push(...added);
  store.changed();
  return null;
}

function isSameGrant(left: AclEntry, right: AclEntry): boolean {
  return (
    left.path === right.path && left.type === right.type && left.ugid === right.ugid && left.roleid === right.roleid
  );
}

function principalsOf(call: Call): { type: AclEntry["type"]; ugid: string }[] {
  return [
    ...items(call, "users").map((ugid) => ({ type: "user" as const, ugid })),
    ...items(call, "groups").map((ugid) => ({ type: "group" as const, ugid })),
    ...items(call, "tokens").map((ugid) => ({ type: "token" as const, ugid })),
  ];
}

function refuseUnknown(state: LabState, { type, ugid }: { type: AclEntry["type"]; ugid: string }): void {
  const user = userOf(ugid);
  const known =
    type === "group"
      ? state.groups[ugid]
      : type === "user"
        ? state.users[ugid]
        : state.users[user]?.tokens[ugid.slice(user.length + 1)];
  if (known === undefined) throw failed(`ACL update failed: ${type} '${ugid}' does not exist`);
}

function permissions(call: Call): unknown {
  const { state } = call.lab;
  const userid = text(call, "userid") ?? call.identity.authId;
  // Everybody may look at their own tokens.
  const isOwn = userid === call.identity.authId || userid.startsWith(`${call.identity.authId}!`);
  if (!isOwn) requirePrivileges(state, call.identity.authId, "/access", ["Sys.Audit"]);
  const path = text(call, "path");
  if (path === undefined) return effectivePermissions(state, userid);
  const normal = normalizePath(path);
  if (normal === null) throw badParameters({ path: `invalid ACL path '${path}'` });
  const held = privilegesOn(state, userid, normal);
  return held.size === 0
    ? {}
    : { [normal]: Object.fromEntries([...held].map(([privilege, propagate]) => [privilege, propagate ? 1 : 0])) };
}
