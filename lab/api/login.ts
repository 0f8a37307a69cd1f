// Version, login tickets, passwords and realms.
import { createHash } from "node:crypto";
import { privilegesOn, userOf } from "../access/evaluate.ts";
import { hashPassword, isPassword } from "../access/crypt.ts";
import { isUsable } from "../access/authenticate.ts";
import { nowSeconds } from "../clock.ts";
import { required, text, type Call, type Endpoint } from "../http/endpoint.ts";
import { Failure, REFUSAL_DELAY_MS, failed, forbidden } from "../http/failure.ts";
import type { LabState } from "../state.ts";

export const VERSION = { version: "9.2.11", release: "9.2", repoid: "14a22df35955d97d" };

/** Capability groups of the ticket's answer: paths asked, and which privileges belong there. */
const CAPABILITIES: Record<string, { paths: string[]; privileges: RegExp }> = {
  vms: { paths: ["/vms"], privileges: /^(VM\.|Permissions\.Modify)/ },
  storage: { paths: ["/storage"], privileges: /^(Datastore\.|Permissions\.Modify)/ },
  access: { paths: ["/access", "/access/groups"], privileges: /^(User\.Modify|Group\.Allocate|Permissions\.Modify)/ },
  nodes: { paths: ["/nodes"], privileges: /^(Sys\.|Permissions\.Modify)/ },
  sdn: { paths: ["/sdn", "/sdn/zones"], privileges: /^(SDN\.|Permissions\.Modify)/ },
  dc: { paths: ["/"], privileges: /^(Sys\.Audit|Sys\.Modify|SDN\.)/ },
  mapping: { paths: ["/mapping"], privileges: /^(Mapping\.|Permissions\.Modify)/ },
};

const SUPERUSER = "root@pam";
const REALMS = [
  { realm: "pam", type: "pam", comment: "Linux PAM standard authentication" },
  { realm: "pve", type: "pve", comment: "Proxmox VE authentication server" },
];

export const loginEndpoints: Endpoint[] = [
  {
    route: "GET /",
    run: () => ["version", "cluster", "nodes", "storage", "access", "pools"].map((subdir) => ({ subdir })),
  },
  { route: "GET /version", run: () => VERSION },
  { route: "GET /access/ticket", run: () => null },
  { route: "POST /access/ticket", run: makeTicket },
  { route: "GET /access/domains", run: () => REALMS },
  { route: "GET /access/domains/{realm}", run: showRealm },
  { route: "PUT /access/password", run: changePassword },
  {
    route: "GET /access",
    run: () =>
      ["users", "groups", "roles", "acl", "domains", "openid", "tfa", "ticket", "password"].map((subdir) => ({
        subdir,
      })),
  },
];

function showRealm(call: Call): unknown {
  const name = required(call, "realm");
  const found = REALMS.find(({ realm }) => realm === name);
  if (found === undefined) throw failed(`domain '${name}' does not exist`);
  const { realm: _, ...rest } = found;
  return { ...rest, digest: createHash("sha1").update(JSON.stringify(REALMS)).digest("hex") };
}

function makeTicket(call: Call): unknown {
  const { lab } = call;
  const realm = text(call, "realm");
  const username = realm === undefined ? required(call, "username") : `${required(call, "username")}@${realm}`;
  const password = required(call, "password");
  const now = nowSeconds();
  const known = isUsable(lab.state, username);
  const byTicket = lab.tickets.userOfLogin(password, now);
  // A ticket given as password renews itself; root's opens any user.
  const renewed = byTicket === username || (byTicket === "root@pam" && known);
  const hash = lab.state.users[username]?.passwordHash;
  if (!known || !(renewed || (hash !== undefined && isPassword(password, hash))))
    throw new Failure(401, "authentication failure\n", { delayMs: REFUSAL_DELAY_MS });
  lab.clusterLog.signedIn(lab.nodes.local, username);
  return {
    ticket: lab.tickets.login(username, now),
    username,
    CSRFPreventionToken: lab.tickets.csrf(username, now),
    cap: capabilities(lab.state, username),
  };
}

function capabilities(state: LabState, username: string): Record<string, Record<string, 1>> {
  return Object.fromEntries(
    Object.entries(CAPABILITIES).map(([group, { paths, privileges }]) => {
      const held = paths.flatMap((path) => [...privilegesOn(state, username, path).keys()]);
      return [
        group,
        Object.fromEntries(
          held.filter((privilege) => privileges.test(privilege)).map((privilege) => [privilege, 1 as const]),
        ),
      ];
    }),
  );
}

function changePassword(call: Call): null {
  const { lab, identity } = call;
  const userid = required(call, "userid");
  const user = lab.state.users[userid];
  if (user === undefined) throw failed(`no such user ('${userid}')`);
  // Users of the system itself are root's alone, but for their own password.
  if (identity.authId !== SUPERUSER && identity.authId !== userid && userid.endsWith("@pam")) throw forbidden();
  const own = lab.state.users[userOf(identity.authId)]?.passwordHash;
  const confirmation = text(call, "confirmation-password");
  if (confirmation === undefined || own === undefined || !isPassword(confirmation, own)) throw forbidden();
  user.passwordHash = hashPassword(required(call, "password"));
  lab.store.changed();
  return null;
}
