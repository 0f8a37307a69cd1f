// The console: one address, once, in time, for the session that asked for it; and a leash that is cut when the session ends.
import { beforeAll, describe, expect, it } from "vitest";
import { RfbClient } from "../lab/guests/rfb-client.ts";
import type { Person } from "../lab/stack/person.ts";
import type { ConsoleView, MeView, Problem, ServiceView } from "../worker/rules/views.ts";
import { ended, launch, launched, newTenant, pause } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { addMember, otherSession, rows, site, vmidOf } from "./harness/site.ts";
import { closing, opened, openSocket, streamOf } from "./harness/socket.ts";

let tenant: Tenant;
let service: ServiceView;

beforeAll(async () => {
  tenant = await newTenant(site, "console");
  service = await launched(tenant);
});

async function ask(person: Person, at = tenant.at(`/services/${service.id}/console`)): Promise<ConsoleView> {
  return person.ok<ConsoleView>("POST", at, {});
}

/** Opens a console, so that its ticket does not hold up the next one, and closes it. */
async function use(person: Person, view: ConsoleView): Promise<void> {
  const socket = await opened(person, view.path, "binary");
  const closed = closing(socket);
  socket.close();
  await closed;
}

describe("a console", () => {
  it("carries the guest's own screen, behind the one-use password", async () => {
    const view = await ask(tenant.person);
    expect(view.expiresAt - Date.now()).toBeLessThanOrEqual(10_000);
    const socket = await opened(tenant.person, view.path, "binary");
    expect(socket.protocol).toBe("binary");
    const client = await RfbClient.open(streamOf(socket), view.password);
    expect(client.name).toContain(String(vmidOf(service.id)));
    const picture = await client.picture();
    expect(picture.width * picture.height).toBeGreaterThan(10_000);
    expect(new Set(picture.pixels).size).toBeGreaterThan(1);
    client.close();
    const kept = rows("select * from consoles where service_id = ?", service.id);
    expect(kept).toHaveLength(1);
    expect(JSON.stringify(kept)).not.toContain(view.password);
  });

  it("shows nothing to a wrong password", async () => {
    const view = await ask(tenant.person);
    const socket = await opened(tenant.person, view.path);
    await expect(RfbClient.open(streamOf(socket), `x${view.password.slice(1, -1)}`)).rejects.toThrow();
    socket.terminate();
  });

  it("hands out nothing of Proxmox VE's", async () => {
    const view = await ask(tenant.person);
    expect(Object.keys(view).toSorted()).toEqual(["expiresAt", "password", "path"]);
    expect(JSON.stringify(view)).not.toMatch(/PVEVNC|PVEAPIToken|:59\d\d/);
    await use(tenant.person, view);
  });

  it("can be opened in two windows, one after the other", async () => {
    const first = await opened(tenant.person, (await ask(tenant.person)).path);
    const view = await ask(tenant.person);
    const second = await opened(tenant.person, view.path);
    const client = await RfbClient.open(streamOf(second), view.password);
    expect(first.readyState).toBe(first.OPEN);
    client.close();
    first.terminate();
  });
});

describe("a console's address", () => {
  it("works once, while it is in use and after", async () => {
    const view = await ask(tenant.person);
    const socket = await opened(tenant.person, view.path);
    expect(await openSocket(tenant.person, view.path)).toMatchObject({ status: 410, code: "console_gone" });
    const closed = closing(socket);
    socket.close();
    await closed;
    expect(await openSocket(tenant.person, view.path)).toMatchObject({ status: 410, code: "console_gone" });
  });

  it("works once of two that come at once", async () => {
    const view = await ask(tenant.person);
    const answers = await Promise.all([1, 2, 3].map(() => openSocket(tenant.person, view.path)));
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([101, 410, 410]);
    for (const { socket } of answers) socket?.terminate();
  });

  it("does not work late", async () => {
    const view = await ask(tenant.person);
    await pause(view.expiresAt - Date.now() + 300);
    expect(await openSocket(tenant.person, view.path)).toMatchObject({ status: 410, code: "console_gone" });
  });

  it("works for the session that asked, and for no other, not even of the same person", async () => {
    const view = await ask(tenant.person);
    const other = await otherSession(tenant);
    const colleague = await newTenant(site, "colleague");
    const me = await colleague.person.ok<MeView>("GET", "/api/me");
    addMember(tenant.id, me.user.id, "operator");
    for (const person of [other, colleague.person]) {
      expect(await openSocket(person, view.path)).toMatchObject({ status: 410, code: "console_gone" });
    }
    await use(tenant.person, view);
  });

  it("does not exist for strangers, wherever they put it", async () => {
    const view = await ask(tenant.person);
    const stranger = await newTenant(site, "stranger");
    expect(await openSocket(stranger.person, view.path)).toMatchObject({ status: 404, code: "not_found" });
    const moved = view.path.replace(tenant.id, stranger.id);
    expect(await openSocket(stranger.person, moved)).toMatchObject({ status: 404, code: "not_found" });
    await use(tenant.person, view);
  });

  it("works from the portal's own pages only", async () => {
    const view = await ask(tenant.person);
    for (const origin of ["https://elsewhere.test", "null", "http://localhost.elsewhere.test", null]) {
      expect(await openSocket(tenant.person, view.path, { origin })).toMatchObject({
        status: 403,
        code: "origin_refused",
      });
    }
    await use(tenant.person, view);
  });

  it("is for WebSockets, and one that was never given out is gone as well", async () => {
    const path = tenant.at(`/services/${service.id}/console/con_00000000000000000000`);
    const plain = await tenant.person.send<Problem>("GET", path);
    expect([plain.status, plain.body.code]).toEqual([426, "upgrade_required"]);
    expect(await openSocket(tenant.person, path)).toMatchObject({ status: 410, code: "console_gone" });
  });
});

describe("the leash", () => {
  it("is cut when the session is signed out, at once, and only that session's", async () => {
    const [leaving, staying] = [await otherSession(tenant), await otherSession(tenant)];
    const first = await opened(leaving, (await ask(leaving)).path);
    const second = await opened(staying, (await ask(staying)).path);
    const closed = closing(first);
    await leaving.ok("POST", "/api/auth/sign-out", {});
    const { milliseconds } = await closed;
    process.stdout.write(`console closed ${milliseconds.toFixed(0)} ms after signing out was asked for\n`);
    expect(second.readyState).toBe(second.OPEN);
    second.terminate();
  });

  it("is cut when the password is changed by mail", async () => {
    const owner = await newTenant(site, "reset");
    const own = await launched(owner);
    const view = await ask(owner.person, owner.at(`/services/${own.id}/console`));
    const socket = await opened(owner.person, view.path);
    const closed = closing(socket);
    await owner.person.ok("POST", "/api/auth/request-password-reset", { email: owner.email });
    const link = await owner.person.linkFromMail(owner.email, /\/reset-password#token=\S+/);
    const body = { newPassword: "another-long-password", token: link.split("#token=")[1] };
    await owner.person.ok("POST", "/api/auth/reset-password", body);
    expect((await closed).code).toBeGreaterThanOrEqual(1_000);
    expect(socket.readyState).toBe(socket.CLOSED);
  });

  it("takes an address with it that was not used yet", async () => {
    const person = await otherSession(tenant);
    const view = await ask(person);
    await person.ok("POST", "/api/auth/sign-out", {});
    expect(await openSocket(person, view.path)).toMatchObject({ status: 401, code: "not_signed_in" });
  });
});

describe("a console is refused", () => {
  it("to a viewer", async () => {
    const viewer = await newTenant(site, "viewer");
    const me = await viewer.person.ok<MeView>("GET", "/api/me");
    addMember(tenant.id, me.user.id, "viewer");
    const answer = await viewer.person.send<Problem>("POST", tenant.at(`/services/${service.id}/console`), {});
    expect([answer.status, answer.body.code]).toEqual([403, "role_missing"]);
    const view = await ask(tenant.person);
    expect(await openSocket(viewer.person, view.path)).toMatchObject({ status: 403, code: "role_missing" });
    await use(tenant.person, view);
  });

  it("while the service is made, off, or gone", async () => {
    const owner = await newTenant(site, "off");
    const launching = await launch(owner);
    const at = owner.at(`/services/${launching.body.service.id}`);
    const early = await owner.person.send<Problem>("POST", `${at}/console`, {});
    expect([early.status, early.body.code]).toEqual([409, "service_not_ready"]);
    await ended(owner, launching.body.operation.id);
    const stop = await owner.person.ok<{ operation: { id: string } }>("POST", `${at}/power`, { action: "stop" });
    await ended(owner, stop.operation.id);
    const off = await owner.person.send<Problem>("POST", `${at}/console`, {});
    expect([off.status, off.body.code]).toEqual([409, "not_running"]);
    const gone = await owner.person.ok<{ operation: { id: string } }>(
      "DELETE",
      `${at}?confirm=${launching.body.service.name}`,
    );
    await ended(owner, gone.operation.id);
    const late = await owner.person.send<Problem>("POST", `${at}/console`, {});
    expect([late.status, late.body.code]).toEqual([404, "not_found"]);
  });
});
