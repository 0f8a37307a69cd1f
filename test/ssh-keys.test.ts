// SSH keys that a person keeps: checked, listed, chosen at a launch, nobody else's.
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ApiKeyMade } from "../worker/rules/views-people.ts";
import type { SshKeyView } from "../worker/rules/views-automation.ts";
import type { Accepted, Problem } from "../worker/rules/views.ts";
import { launchBody, newTenant, ended } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { configOf } from "./harness/pve.ts";
import { addMember, rows, site, vmidOf } from "./harness/site.ts";

const LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGvREOE0OahFq2RGQKPF4Fc1PGQdm0UQKZ7JWrcVqqXE ana at home";
const FINGERPRINT = "SHA256:ZhhyyAKXri2YS+DrPRd6co8GDxzDOLnrgUxK6atZFdI";

/** A fresh key, as OpenSSH writes it. */
function freshLine(): string {
  const { x = "" } = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" });
  const name = Buffer.from("ssh-ed25519");
  const key = Buffer.from(x, "base64url");
  const lengths = [name, key].map((part) => Buffer.from([0, 0, 0, part.length]));
  const blob = Buffer.concat([lengths[0] as Buffer, name, lengths[1] as Buffer, key]);
  return `ssh-ed25519 ${blob.toString("base64")}`;
}

function keep(tenant: Tenant, name: string, line: string) {
  return tenant.person.send<{ key: SshKeyView } & Problem>("POST", "/api/ssh-keys", { name, line });
}

async function kept(tenant: Tenant): Promise<SshKeyView[]> {
  return (await tenant.person.ok<{ keys: SshKeyView[] }>("GET", "/api/ssh-keys")).keys;
}

async function launchWith(tenant: Tenant, login: Record<string, unknown>) {
  const body = { ...(await launchBody(tenant)), login: { user: "ana", ...login } };
  return tenant.person.send<Accepted & Problem>("POST", tenant.at("/services"), body);
}

describe("a person's keys", () => {
  it("are kept with their fingerprints, each once, and go when they are removed", async () => {
    const tenant = await newTenant(site, "sshkeys");
    const { status, body } = await keep(tenant, " Laptop ", `  ${LINE.replaceAll(" ", "  ")}\n`);
    expect([status, body.key]).toMatchObject([201, { name: "Laptop", line: LINE, fingerprint: FINGERPRINT }]);
    expect((await keep(tenant, "Desk", freshLine())).status).toBe(201);
    expect((await kept(tenant)).map((key) => key.name)).toEqual(["Desk", "Laptop"]);
    const twice = await keep(tenant, "Again", LINE.replace("ana at home", "elsewhere"));
    expect([twice.status, twice.body.code]).toEqual([409, "key_known"]);
    expect((await tenant.person.send("DELETE", `/api/ssh-keys/${body.key.id}`)).status).toBe(200);
    expect((await tenant.person.send("DELETE", `/api/ssh-keys/${body.key.id}`)).status).toBe(404);
    expect((await kept(tenant)).map((key) => key.name)).toEqual(["Desk"]);
  });

  it("are checked, and no more than twenty", async () => {
    const tenant = await newTenant(site, "sshmany");
    const tried: [string, string, string, string][] = [
      ["", LINE, "#/name", "required"],
      ["Two at once", `${LINE}\n${freshLine()}`, "#/line", "too_many"],
      ["Empty", " \n", "#/line", "required"],
      ["Private", "-----BEGIN OPENSSH PRIVATE KEY-----", "#/line", "key_format"],
      ["With options", `command="sh" ${LINE}`, "#/line", "key_format"],
    ];
    for (const [name, line, pointer, code] of tried) {
      const { status, body } = await keep(tenant, name, line);
      expect([name, status, body.errors]).toMatchObject([name, 400, [{ pointer, code }]]);
    }
    // All at once: the last place is given once.
    const answers = await Promise.all(
      Array.from({ length: 22 }, (_, index) => keep(tenant, `Key ${index}`, freshLine())),
    );
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(20);
    expect(answers.filter((answer) => answer.body.code === "too_many_keys")).toHaveLength(2);
    expect(await kept(tenant)).toHaveLength(20);
  });

  it("are nobody else's: neither seen, nor removed, nor launched with, not by those of the same tenant", async () => {
    const [ana, bob] = await Promise.all([newTenant(site, "sshana"), newTenant(site, "sshbob")]);
    const { key } = (await keep(ana, "Laptop", LINE)).body;
    // The same key may be kept by two people.
    expect((await keep(bob, "Laptop", LINE)).status).toBe(201);
    expect((await kept(bob)).map((row) => row.id)).not.toContain(key.id);
    expect((await bob.person.send("DELETE", `/api/ssh-keys/${key.id}`)).status).toBe(404);
    const [row] = rows("select user_id from ssh_keys where id <> ? and fingerprint = ?", key.id, FINGERPRINT);
    addMember(ana.id, String(row?.["user_id"]), "operator");
    const asBob = { ...ana, person: bob.person };
    const refused = await launchWith(asBob, { keyIds: [key.id] });
    expect([refused.status, refused.body.errors]).toEqual([400, [{ pointer: "#/login/keyIds", code: "unknown" }]]);
    expect((await kept(ana)).map((one) => one.id)).toEqual([key.id]);
  });
});

describe("a launch", () => {
  it("takes kept keys beside typed ones, each once, and needs no password then", async () => {
    const tenant = await newTenant(site, "sshlaunch");
    const first = (await keep(tenant, "Laptop", LINE)).body.key;
    const second = (await keep(tenant, "Desk", freshLine())).body.key;
    const typed = freshLine();
    const login = { keyIds: [first.id, second.id, first.id], sshKeys: `${typed}\n${LINE.replace(" ana at home", "")}` };
    const { status, body } = await launchWith(tenant, login);
    expect(status).toBe(202);
    expect((await ended(tenant, body.operation.id)).status).toBe("succeeded");
    const config = await configOf(vmidOf(body.service.id));
    const lines = decodeURIComponent(String(config?.["sshkeys"])).trim().split("\n");
    expect(lines).toEqual([second.line, first.line, typed]);
    // What is removed from the list stays with what was launched.
    await tenant.person.ok("DELETE", `/api/ssh-keys/${first.id}`);
    expect(rows("select ssh_keys from services where id = ?", body.service.id)).toEqual([
      { ssh_keys: lines.join("\n") },
    ]);
  });

  it("is refused with no way in, with keys that are none, and with more than a guest takes", async () => {
    const tenant = await newTenant(site, "sshno");
    const { key } = (await keep(tenant, "Laptop", LINE)).body;
    const many = Array.from({ length: 20 }, freshLine).join("\n");
    for (const [login, pointer, code] of [
      [{ keyIds: [] }, "#/login/password", "required"],
      [{ keyIds: ["sky_00000000000000000000"] }, "#/login/keyIds", "unknown"],
      [{ keyIds: [key.id], sshKeys: many }, "#/login/sshKeys", "too_many"],
    ] as const) {
      const answer = await launchWith(tenant, login);
      expect([answer.status, answer.body.errors]).toEqual([400, [{ pointer, code }]]);
    }
  });

  it("by an API key takes those of the key's maker", async () => {
    const tenant = await newTenant(site, "sshapi");
    const { key } = (await keep(tenant, "Laptop", LINE)).body;
    const { token } = await tenant.person.ok<ApiKeyMade>("POST", tenant.at("/keys"), {
      name: "pipeline",
      scopes: ["service.read", "service.launch"],
      expiresAt: null,
    });
    const body = { ...(await launchBody(tenant)), login: { user: "ana", keyIds: [key.id] } };
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "idempotency-key": crypto.randomUUID(),
    };
    const address = new URL(tenant.at("/services"), site.origin);
    const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
    expect(answer.status).toBe(202);
    const { operation, service } = (await answer.json()) as Accepted;
    expect((await ended(tenant, operation.id)).status).toBe("succeeded");
    expect(rows("select ssh_keys from services where id = ?", service.id)).toEqual([{ ssh_keys: LINE }]);
    const people = await fetch(new URL("/api/ssh-keys", site.origin), { headers });
    expect([people.status, ((await people.json()) as Problem).code]).toEqual([403, "person_needed"]);
  });
});
