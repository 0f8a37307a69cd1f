// The stage on which a recording is replayed: a lab of its own, brought to the state that the real server was in.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { secretHash } from "../access/authenticate.ts";
import { hashPassword } from "../access/crypt.ts";
import { BUILT_IN_ROLES } from "../access/privileges.ts";
import { createPaintedRuntime } from "../guests/painted-runtime.ts";
import type { GuestRuntime } from "../guests/runtime.ts";
import { parseOptions } from "../options.ts";
import { loadSecrets, seedState } from "../seed.ts";
import { startLab, type RunningLab } from "../start.ts";
import type { AclEntry, LabState } from "../state.ts";
import { Bindings } from "./bindings.ts";
import { stateFor } from "./fixtures.ts";

/** Simulated time runs this much faster; consoles, and guests that obey their power button, do not. */
const SPEED = 10;
const USER_PASSWORD = "a-user's-pass-1";
const TOKEN_SECRET = "00000000-0000-4000-8000-0000000000";

/** Tokens that the real server had before the first step. */
const TOKENS: [name: string, userid: string, tokenid: string][] = [
  ["root-token", "root@pam", "ci"],
  ["svc-token", "svc@pve", "ci"],
];

export interface Scene {
  running: RunningLab;
  bindings: Bindings;
  /** Guests that ignore their power button. */
  deaf: Set<number>;
  rootPassword: string;
  /** Credentials of identities beside those that the steps themselves create. */
  tokens: Map<string, string>;
  close(): Promise<void>;
}

/** Starts a lab in a fresh temporary directory; `close` ends it and removes the directory. */
export async function openScene(): Promise<Scene> {
  const stateDir = mkdtempSync(join(tmpdir(), "lab-conformance-"));
  const secrets = loadSecrets(stateDir);
  const tokens = new Map<string, string>();
  const state = stateFor(seedState(1, secrets));
  state.users["au@pve"] = { enable: 1, expire: 0, passwordHash: hashPassword(USER_PASSWORD), tokens: {} };
  for (const [index, [name, userid, tokenid]] of TOKENS.entries()) {
    const secret = `${TOKEN_SECRET}${String(index).padStart(2, "0")}`;
    const user = (state.users[userid] ??= { enable: 1, expire: 0, tokens: {} });
    user.tokens[tokenid] = { secretHash: secretHash(secret), expire: 0, privsep: 0 };
    tokens.set(name, `${userid}!${tokenid}=${secret}`);
  }
  checkRoles(state.acl, state);
  writeFileSync(join(stateDir, "lab.json"), JSON.stringify(state), { mode: 0o600 });
  writeFiles(stateDir, state);
  const deaf = new Set<number>();
  const runtime = withDeafGuests(await createPaintedRuntime({ stateDir }), deaf);
  const options = parseOptions([
    "--state",
    stateDir,
    "--pve-port",
    "0",
    "--control-port",
    "0",
    "--runtime",
    "painted",
    "--nodes",
    "1",
    "--speed",
    String(SPEED),
  ]);
  const running = await startLab(options, () => {}, runtime);
  // Whether a list is older than a change is not left to chance: the round goes when the stage directions say so.
  running.lab.status.close();
  const bindings = new Bindings();
  bindings.set("{{root-password}}", secrets.rootPassword);
  bindings.set("{{user-password}}", USER_PASSWORD);
  bindings.set("{{ct-password}}", "a-container-pass");
  return {
    running,
    bindings,
    deaf,
    tokens,
    rootPassword: readFileSync(secrets.rootPasswordFile, "utf8").trim(),
    close: async () => {
      await running.close();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

function checkRoles(acl: readonly AclEntry[], state: LabState): void {
  for (const { roleid } of acl)
    if (BUILT_IN_ROLES[roleid] === undefined && state.roles[roleid] === undefined)
      throw new Error(`no role ${roleid} on the stage`);
}

/** Volumes that are neither disks nor made by the lab itself, such as an ISO image, have a file all the same. */
function writeFiles(stateDir: string, state: LabState): void {
  for (const volume of Object.values(state.volumes)) {
    if (volume.content === "images" || volume.file === undefined) continue;
    const file = join(stateDir, "images", volume.file);
    mkdirSync(dirname(file), { recursive: true });
    if (!existsSync(file)) writeFileSync(file, "");
  }
}

function withDeafGuests(runtime: GuestRuntime, deaf: Set<number>): GuestRuntime {
  return new Proxy(runtime, {
    get(target, name): unknown {
      if (name !== "start") {
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      }
      return async (...args: Parameters<GuestRuntime["start"]>) => {
        const guest = await target.start(...args);
        const press = guest.powerDown.bind(guest);
        guest.powerDown = async () => {
          if (!deaf.has(args[0].vmid)) await press();
        };
        return guest;
      };
    },
  });
}
