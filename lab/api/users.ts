// Users and their API tokens.
import { randomUUID } from "node:crypto";
import { secretHash } from "../access/authenticate.ts";
import { hashPassword } from "../access/crypt.ts";
import { holds } from "../access/evaluate.ts";
import { flag, items, required, text, type Call, type Endpoint } from "../http/endpoint.ts";
import { badParameters, failed } from "../http/failure.ts";
import type { LabState, TokenState, UserState } from "../state.ts";

const PROFILE = ["comment", "email", "firstname", "lastname"] as const;

export const userEndpoints: Endpoint[] = [
  { route: "GET /access/users", run: listUsers },
  { route: "POST /access/users", run: createUser },
  { route: "GET /access/users/{userid}", run: showUser },
  { route: "PUT /access/users/{userid}", run: updateUser },
  { route: "DELETE /access/users/{userid}", run: deleteUser },
  { route: "GET /access/users/{userid}/token", run: (call) => tokenList(requireUser(call)) },
  { route: "GET /access/users/{userid}/token/{tokenid}", run: (call) => tokenInfo(requireToken(call)) },
  { route: "POST /access/users/{userid}/token/{tokenid}", run: createToken },
  { route: "PUT /access/users/{userid}/token/{tokenid}", run: updateToken },
  { route: "DELETE /access/users/{userid}/token/{tokenid}", run: deleteToken },
];

function listUsers(call: Call): unknown[] {
  const { state } = call.lab;
  const { authId } = call.identity;
  const full = flag(call, "full");
  const all = holds(state, authId, "/access/groups", ["User.Modify", "Sys.Audit"], true);
  return Object.entries(state.users)
    .filter(
      ([userid]) =>
        all ||
        userid === authId ||
        groupsOf(state, userid).some((group) =>
          holds(state, authId, `/access/groups/${group}`, ["User.Modify", "Sys.Audit"], true),
        ),
    )
    .filter(([, user]) => text(call, "enabled") === undefined || user.enable === Number(flag(call, "enabled")))
    .map(([userid, user]) => ({
      userid,
      "realm-type": userid.split("@").at(-1),
      ...profile(user),
      ...(full ? { groups: groupsOf(state, userid).join(","), tokens: tokenList(user) } : {}),
    }));
}

function createUser(call: Call): null {
  const { state, store } = call.lab;
  const userid = required(call, "userid");
  if (state.users[userid] !== undefined) throw failed(`create user failed: user '${userid}' already exists`);
  const groups = items(call, "groups");
  for (const group of groups)
    if (state.groups[group] === undefined) throw failed(`create user failed: no such group '${group}'`);
  const user: UserState = {
    enable: text(call, "enable") === "0" ? 0 : 1,
    expire: Number(text(call, "expire") ?? 0),
    tokens: {},
  };
  assignProfile(call, user);
  const password = text(call, "password");
  if (password !== undefined) user.passwordHash = hashPassword(password);
  state.users[userid] = user;
  for (const group of groups) state.groups[group]?.users.push(userid);
  store.changed();
  return null;
}

function showUser(call: Call): unknown {
  const user = requireUser(call);
  const tokens = Object.entries(user.tokens).map(([tokenid, token]) => [tokenid, tokenInfo(token)]);
  return {
    ...profile(user),
    groups: groupsOf(call.lab.state, required(call, "userid")),
    tokens: tokens.length === 0 ? null : Object.fromEntries(tokens),
  };
}

function updateUser(call: Call): null {
  const { state, store } = call.lab;
  const userid = required(call, "userid");
  const user = requireUser(call);
  assignProfile(call, user);
  if (text(call, "enable") !== undefined) user.enable = flag(call, "enable") ? 1 : 0;
  if (text(call, "expire") !== undefined) user.expire = Number(text(call, "expire"));
  if (text(call, "groups") !== undefined) {
    const groups = items(call, "groups");
    for (const group of groups)
      if (state.groups[group] === undefined) throw failed(`update user failed: no such group '${group}'`);
    for (const [id, group] of Object.entries(state.groups)) {
      if (!flag(call, "append")) group.users = group.users.filter((member) => member !== userid);
      if (groups.includes(id) && !group.users.includes(userid)) group.users.push(userid);
    }
  }
  store.changed();
  return null;
}

function deleteUser(call: Call): null {
  const { state, store } = call.lab;
  const userid = required(call, "userid");
  requireUser(call);
  delete state.users[userid];
  for (const group of Object.values(state.groups)) group.users = group.users.filter((member) => member !== userid);
  state.acl = state.acl.filter((entry) => entry.ugid !== userid && !entry.ugid.startsWith(`${userid}!`));
  store.changed();
  return null;
}

function createToken(call: Call): unknown {
  const user = requireUser(call);
  const [userid, tokenid] = [required(call, "userid"), required(call, "tokenid")];
  if (user.tokens[tokenid] !== undefined) throw badParameters({ tokenid: "Token already exists." });
  const secret = randomUUID();
  const token: TokenState = {
    secretHash: secretHash(secret),
    expire: Number(text(call, "expire") ?? 0),
    privsep: text(call, "privsep") === "0" ? 0 : 1,
  };
  const comment = text(call, "comment");
  if (comment !== undefined) token.comment = comment;
  user.tokens[tokenid] = token;
  call.lab.store.changed();
  // What was sent is echoed as it came, as text; only the default is a number.
  const info = { privsep: text(call, "privsep") ?? 1, ...given(call, "expire"), ...given(call, "comment") };
  return { "full-tokenid": `${userid}!${tokenid}`, value: secret, info };
}

function updateToken(call: Call): unknown {
  const token = requireToken(call);
  const comment = text(call, "comment");
  if (comment !== undefined) token.comment = comment;
  if (text(call, "privsep") !== undefined) token.privsep = flag(call, "privsep") ? 1 : 0;
  if (text(call, "expire") !== undefined) token.expire = Number(text(call, "expire"));
  for (const name of items(call, "delete")) if (name === "comment") delete token.comment;
  const answer: Record<string, unknown> = { ...tokenInfo(token), ...given(call, "privsep"), ...given(call, "expire") };
  if (flag(call, "regenerate")) {
    const secret = randomUUID();
    token.secretHash = secretHash(secret);
    answer["value"] = secret;
    answer["full-tokenid"] = `${required(call, "userid")}!${required(call, "tokenid")}`;
  }
  call.lab.store.changed();
  return answer;
}

function deleteToken(call: Call): null {
  const { state, store } = call.lab;
  const [userid, tokenid] = [required(call, "userid"), required(call, "tokenid")];
  requireToken(call);
  delete state.users[userid]?.tokens[tokenid];
  state.acl = state.acl.filter((entry) => entry.ugid !== `${userid}!${tokenid}`);
  store.changed();
  return null;
}

function requireUser(call: Call): UserState {
  const userid = required(call, "userid");
  const user = Object.hasOwn(call.lab.state.users, userid) ? call.lab.state.users[userid] : undefined;
  if (user === undefined) throw failed(`no such user ('${userid}')`);
  return user;
}

function requireToken(call: Call): TokenState {
  const tokenid = required(call, "tokenid");
  const token = requireUser(call).tokens[tokenid];
  if (token === undefined) throw failed(`no such token '${tokenid}' for user '${required(call, "userid")}'`);
  return token;
}

function tokenInfo(token: TokenState): Record<string, unknown> {
  return {
    expire: token.expire,
    privsep: token.privsep,
    ...(token.comment === undefined ? {} : { comment: token.comment }),
  };
}

function tokenList(user: UserState): unknown[] {
  return Object.entries(user.tokens).map(([tokenid, token]) => ({ tokenid, ...tokenInfo(token) }));
}

function profile(user: UserState): Record<string, unknown> {
  const known = PROFILE.filter((key) => user[key] !== undefined).map((key) => [key, user[key]]);
  return { enable: user.enable, expire: user.expire, ...Object.fromEntries(known) };
}

function assignProfile(call: Call, user: UserState): void {
  for (const key of PROFILE) {
    const value = text(call, key);
    if (value !== undefined) user[key] = value;
  }
}

function groupsOf(state: LabState, userid: string): string[] {
  return Object.entries(state.groups)
    .filter(([, group]) => group.users.includes(userid))
    .map(([id]) => id);
}

function given(call: Call, name: string): Record<string, string> {
  const value = text(call, name);
  return value === undefined ? {} : { [name]: value };
}
