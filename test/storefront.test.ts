// Fronts: a reseller's brand by link and by host, who may sign up there and what they get, its plans; nobody else's pages get in.
import { request } from "node:http";
import { expect, describe, it } from "vitest";
import { Person } from "../lab/stack/person.ts";
import type { CatalogueView, ChildTenantView, MeView, PlanView, Problem, QuotaView } from "../worker/rules/views.ts";
import type { ConfigView, StorefrontView, TreeNodeView } from "../worker/rules/views-tree.ts";
import { newTenant } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { expectHonestLedger, freshEmail, platformOperator, rows, site, stranger } from "./harness/site.ts";
import { childBelow, resellerWith } from "./harness/tree.ts";

const ROOM = { vcpu: 8, memoryMiB: 4_096, diskGiB: 40, services: 8 };
const PNG = `data:image/png;base64,${Buffer.from("\x89PNG\r\n\x1a\nrest", "latin1").toString("base64")}`;
const PASSWORD = "a-long-password";

let count = 0;
function front(changes: Partial<StorefrontView> = {}): StorefrontView {
  count += 1;
  const link = `front-${Date.now().toString(36)}-${count}`;
  return { host: null, link, brandName: "Acme Cloud", logo: PNG, accentHue: 30, signUp: "open", ...changes };
}

async function opened(
  label: string,
  changes: Partial<StorefrontView> = {},
): Promise<{ reseller: Tenant; own: StorefrontView }> {
  const reseller = await resellerWith(label, ROOM);
  const own = front(changes);
  await reseller.person.ok("PUT", reseller.at("/storefront"), own);
  return { reseller, own };
}

/** Signs up at a front and confirms the address there. */
async function signUpAt(storefront: string | null, email = freshEmail("front"), person = stranger()): Promise<Person> {
  const body = { name: "Zoe", organisation: "Zoe's shop", email, password: PASSWORD, locale: "en", callbackURL: "/" };
  await person.ok("POST", "/api/auth/sign-up/email", { ...body, ...(storefront === null ? {} : { storefront }) });
  const link = new URL(await person.linkFromMail(email, /\S+\/api\/auth\/verify-email\?\S+/));
  expect(link.origin).toBe(person.origin);
  await person.send("GET", `${link.pathname}${link.search}`);
  return person;
}

async function codeOf(person: Person, method: string, path: string, body?: object): Promise<string | null> {
  const answer = await person.send<Problem>(method, path, body);
  return answer.status < 400 ? null : answer.body.code;
}

describe("a front", () => {
  it("shows its brand before anybody signs in, and nothing else", async () => {
    const { reseller, own } = await opened("brand", { signUp: "approval" });
    expect(await reseller.person.ok("GET", reseller.at("/storefront"))).toEqual({ storefront: own });
    const config = await stranger().ok<ConfigView>("GET", `/api/config?link=${own.link}`);
    expect(config).toMatchObject({
      brand: { name: "Acme Cloud", logo: PNG, accentHue: 30 },
      signUp: "approval",
      storefront: own.link,
    });
    expect(JSON.stringify(config)).not.toContain(reseller.id);
    const plain = await stranger().ok<ConfigView>("GET", "/api/config?link=no-such-front");
    expect(plain).toMatchObject({
      brand: { name: "Nubemox", logo: null, accentHue: null },
      signUp: "open",
      storefront: null,
    });
  });

  it("takes no link or host of another, nor the platform's own, nor what is none", async () => {
    const first = await opened("first", { host: `shop-${Date.now().toString(36)}.example` });
    const second = await resellerWith("second", ROOM);
    const save = (changes: Partial<StorefrontView>) =>
      second.person.send<Problem>("PUT", second.at("/storefront"), { ...front(), ...changes });
    for (const [changes, code, pointer] of [
      [{ link: first.own.link }, "name_taken", "#/link"],
      [{ host: first.own.host }, "name_taken", "#/host"],
      [{ host: new URL(site.origin).host }, "validation_failed", "#/host"],
      [{ host: "no dots" }, "validation_failed", "#/host"],
      [{ host: "https://evil.example" }, "validation_failed", "#/host"],
      [{ link: "UPPER" }, "validation_failed", "#/link"],
      [{ link: "ab" }, "validation_failed", "#/link"],
      [{ logo: "https://elsewhere.test/a.png" }, "validation_failed", "#/logo"],
      [
        { logo: `data:image/svg+xml;base64,${Buffer.from("<svg/>").toString("base64")}` },
        "validation_failed",
        "#/logo",
      ],
      [{ accentHue: 360 }, "validation_failed", "#/accentHue"],
      [{ brandName: "" }, "validation_failed", "#/brandName"],
      [{ signUp: "maybe" as "open" }, "validation_failed", "#/signUp"],
    ] as const) {
      const answer = await save(changes);
      expect([changes, answer.body.code, answer.body.errors?.[0]?.pointer]).toEqual([changes, code, pointer]);
    }
    expect((await save({})).status).toBe(200);
  });

  it("is of resellers only, and decided by their owners", async () => {
    const tenant = await newTenant(site, "nofront");
    expect(await codeOf(tenant.person, "GET", tenant.at("/storefront"))).toBe("not_found");
    expect(await codeOf(tenant.person, "PUT", tenant.at("/storefront"), front())).toBe("not_found");
  });
});

describe("signing up at a front", () => {
  it("makes a tenant of that reseller, with its defaults, out of its quota", async () => {
    const { reseller, own } = await opened("open");
    const limits = { vcpu: 2, memoryMiB: 512, services: 1 };
    await reseller.person.ok("PUT", reseller.at("/defaults"), { limits });
    expect(await reseller.person.ok("GET", reseller.at("/defaults"))).toEqual({ limits });
    const zoe = await signUpAt(own.link);
    const [tenant] = (await zoe.ok<MeView>("GET", "/api/me")).tenants;
    expect(tenant).toMatchObject({ name: "Zoe's shop", role: "owner", status: "active", open: true });
    const quota = await zoe.ok<QuotaView>("GET", `/api/tenants/${tenant?.id}/quota`);
    expect(Object.fromEntries(quota.resources.map((row) => [row.resource, row.limit]))).toMatchObject({
      ...limits,
      diskGiB: 0,
    });
    const { nodes } = await reseller.person.ok<{ nodes: TreeNodeView[] }>("GET", reseller.at("/tree"));
    expect(nodes.map((node) => [node.id, node.parentId === reseller.id, node.depth])).toEqual([
      [reseller.id, false, 0],
      [tenant?.id, true, 1],
    ]);
    expect(nodes[0]?.envelopes.find((row) => row.resource === "vcpu")).toMatchObject({ limit: 8, used: 2 });
    expectHonestLedger();
  });

  it("makes one that waits, where the reseller looks first: it does nothing and takes nothing until it is approved", async () => {
    const { reseller, own } = await opened("approve", { signUp: "approval" });
    await reseller.person.ok("PUT", reseller.at("/defaults"), { limits: { vcpu: 2, services: 1 } });
    const zoe = await signUpAt(own.link);
    const [tenant] = (await zoe.ok<MeView>("GET", "/api/me")).tenants;
    const id = tenant?.id ?? "";
    expect(tenant).toMatchObject({ status: "pending", open: false });
    const at = (path: string) => `/api/tenants/${id}${path}`;
    expect(await codeOf(zoe, "POST", at("/invitations"), { email: "a@b.test", role: "viewer" })).toBe("tenant_pending");
    const used = async () =>
      (await reseller.person.ok<QuotaView>("GET", reseller.at("/quota"))).resources.find(
        (row) => row.resource === "vcpu",
      )?.used;
    expect(await used()).toBe(0);
    const mail = await reseller.person.linkFromMail(reseller.email, /Zoe's shop has signed up with you/);
    expect(mail).not.toBe("");
    const stranger = await resellerWith("approver", ROOM);
    expect(await codeOf(stranger.person, "POST", stranger.at(`/children/${id}/approve`), {})).toBe("not_found");
    const tooMuch = { limits: { vcpu: 9 } };
    expect(await codeOf(reseller.person, "POST", reseller.at(`/children/${id}/approve`), tooMuch)).toBe(
      "quota_exceeded",
    );
    expect((await zoe.ok<MeView>("GET", "/api/me")).tenants[0]?.status).toBe("pending");
    const { child } = await reseller.person.ok<{ child: ChildTenantView }>(
      "POST",
      reseller.at(`/children/${id}/approve`),
      {},
    );
    expect([child.status, await used()]).toEqual(["active", 2]);
    expect((await zoe.ok<MeView>("GET", "/api/me")).tenants[0]).toMatchObject({ status: "active", open: true });
    expect(await codeOf(reseller.person, "POST", reseller.at(`/children/${id}/approve`), {})).toBe("tenant_not_ready");
    expect(await codeOf(reseller.person, "POST", reseller.at(`/children/${id}/decline`), {})).toBe("tenant_not_ready");
  });

  it("leaves nothing where it was declined, and no tenant comes by itself", async () => {
    const { reseller, own } = await opened("decline", { signUp: "approval" });
    const zoe = await signUpAt(own.link);
    const id = (await zoe.ok<MeView>("GET", "/api/me")).tenants[0]?.id ?? "";
    await reseller.person.ok("POST", reseller.at(`/children/${id}/decline`), { reason: "who are you?" });
    for (let tries = 0; tries < 200; tries += 1) {
      if (rows("select status from tenants where id = ?", id)[0]?.["status"] === "deleted") break;
      await new Promise((wake) => setTimeout(wake, 100));
    }
    expect(await zoe.ok<MeView>("GET", "/api/me")).toMatchObject({ tenants: [] });
    expect(await zoe.ok<MeView>("GET", "/api/me")).toMatchObject({ tenants: [] });
    expectHonestLedger();
  });

  it("is refused where the front is closed, unknown, or its reseller suspended; but not to who was invited", async () => {
    const closed = await opened("closed", { signUp: "closed" });
    const suspended = await opened("held");
    await (await platformOperator()).ok("POST", `/api/operator/children/${suspended.reseller.id}/suspend`, {});
    const body = { name: "Zoe", organisation: "Zoe's", password: PASSWORD, locale: "en", callbackURL: "/" };
    const email = freshEmail("refused");
    for (const storefront of [closed.own.link, suspended.own.link, "no-such-front"]) {
      expect(await codeOf(stranger(), "POST", "/api/auth/sign-up/email", { ...body, email, storefront })).toBe(
        "sign_up_closed",
      );
    }
    expect(rows("select id from users where email = ?", email)).toEqual([]);
    expect((await stranger().ok<ConfigView>("GET", `/api/config?link=${suspended.own.link}`)).signUp).toBe("closed");
    const invited = freshEmail("asked");
    await closed.reseller.person.ok("POST", closed.reseller.at("/invitations"), { email: invited, role: "operator" });
    await stranger().ok("POST", "/api/auth/sign-up/email", { ...body, email: invited, storefront: closed.own.link });
  });

  it("gives empty envelopes where the reseller has no room left", async () => {
    const { reseller, own } = await opened("full");
    await reseller.person.ok("PUT", reseller.at("/defaults"), { limits: { vcpu: 8 } });
    await signUpAt(own.link).then((zoe) => zoe.ok("GET", "/api/me"));
    const second = await signUpAt(own.link);
    const [tenant] = (await second.ok<MeView>("GET", "/api/me")).tenants;
    const quota = await second.ok<QuotaView>("GET", `/api/tenants/${tenant?.id}/quota`);
    expect(quota.resources.every((row) => row.limit === 0)).toBe(true);
    expectHonestLedger();
  });
});

describe("a host of a reseller's own", () => {
  const port = new URL(site.origin).port;

  it("has the brand, signs people up, in and out, and writes its own address into its mail", async () => {
    const host = `acme-${Date.now().toString(36)}.localhost:${port}`;
    const { reseller, own } = await opened("host", { host });
    const at = new HostPerson(host);
    const config = await at.ok<ConfigView>("GET", "/api/config");
    expect(config).toMatchObject({ brand: { name: "Acme Cloud" }, storefront: own.link });
    const email = freshEmail("host");
    const zoe = await signUpAt(null, email, at);
    const me = await zoe.ok<MeView>("GET", "/api/me");
    const parent = rows("select parent_id from tenants where id = ?", me.tenants[0]?.id ?? "");
    expect(parent).toEqual([{ parent_id: reseller.id }]);
    await zoe.ok("POST", "/api/auth/sign-out", {});
    expect((await zoe.send("GET", "/api/me")).status).toBe(401);
    expect(await zoe.signIn(email, PASSWORD)).toBe(200);
    await zoe.ok("POST", "/api/auth/request-password-reset", { email });
    const link = await zoe.linkFromMail(email, /\S+\/reset-password#token=\S+/);
    expect(new URL(link).host).toBe(host);
  });

  it("lets its pages speak to itself only, and others not at all", async () => {
    const host = `solo-${Date.now().toString(36)}.localhost:${port}`;
    const { own } = await opened("solo", { host });
    const origins = { own: `http://${own.host}`, main: site.origin, other: "https://elsewhere.test" };
    const owner = await newTenant(site, "victim");
    const send = (to: string, origin: string) =>
      raw(
        to,
        "POST",
        owner.at("/quota/preview"),
        { cores: 1, memoryMiB: 128, diskGiB: 1 },
        { origin, cookie: owner.person.cookie },
      );
    expect((await send(new URL(site.origin).host, origins.own)).status).toBe(403);
    expect((await send(new URL(site.origin).host, origins.main)).status).toBe(200);
    expect((await send(host, origins.own)).status).toBe(200);
    expect((await send(host, origins.other)).status).toBe(403);
    expect((await send(`nobody.localhost:${port}`, `http://nobody.localhost:${port}`)).status).toBe(403);
  });
});

/** A request to the portal under another name. */
function raw(host: string, method: string, path: string, body: unknown, headers: Record<string, string>) {
  const text = body === undefined ? "" : JSON.stringify(body);
  return new Promise<{ status: number; text: string; headers: Headers }>((resolve, reject) => {
    const call = request(
      new URL(path, site.origin),
      { method, headers: { host, ...(text === "" ? {} : { "content-type": "application/json" }), ...headers } },
      (response) => {
        let answer = "";
        response.setEncoding("utf8").on("data", (part: string) => (answer += part));
        response.on("end", () => {
          const found = new Headers();
          for (const [name, value] of Object.entries(response.headers))
            for (const one of [value ?? []].flat()) found.append(name, one);
          resolve({ status: response.statusCode ?? 0, text: answer, headers: found });
        });
      },
    );
    call.on("error", reject);
    call.end(text);
  });
}

/** Somebody whose browser stands at another host name than the platform's. */
class HostPerson extends Person {
  private readonly host: string;
  private readonly jar = new Map<string, string>();

  constructor(host: string) {
    super(`http://${host}`, site.controlUrl);
    this.host = host;
  }

  override async send<T>(method: string, path: string, body?: unknown) {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await raw(this.host, method, path, body, { origin: this.origin, cookie });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const value = pair.slice(pair.indexOf("=") + 1);
      if (value === "") this.jar.delete(pair.slice(0, pair.indexOf("=")));
      else this.jar.set(pair.slice(0, pair.indexOf("=")), value);
      expect(line).not.toMatch(/domain=/i);
    }
    const parsed: unknown = answer.text.startsWith("{") ? JSON.parse(answer.text) : answer.text;
    return { status: answer.status, body: parsed as T, headers: answer.headers };
  }
}

describe("plans", () => {
  it("of the nearest reseller that has any are offered; those of others are nobody's business", async () => {
    const { reseller } = await opened("plans");
    const inner = await childBelow(reseller, "planinner", {}, "reseller");
    const leaf = await childBelow(inner, "planleaf", {});
    const offered = async () =>
      (await leaf.person.ok<CatalogueView>("GET", leaf.at("/catalogue"))).plans.map((plan) => plan.name);
    const platforms = await offered();
    expect(platforms).toContain("Nano");
    const make = (name: string) =>
      reseller.person.ok<{ plan: PlanView }>("POST", reseller.at("/plans"), {
        name,
        cores: 1,
        memoryMiB: 128,
        diskGiB: 1,
      });
    const { plan } = await make("Acme One");
    expect(await codeOf(reseller.person, "POST", reseller.at("/plans"), { ...plan, id: undefined })).toBe("name_taken");
    expect(await offered()).toEqual(["Acme One"]);
    expect(await codeOf(inner.person, "DELETE", inner.at(`/plans/${plan.id}`))).toBe("not_found");
    expect(await codeOf(leaf.person, "DELETE", leaf.at(`/plans/${plan.id}`))).toBe("not_found");
    const free = await newTenant(site, "noplans");
    const elsewhere = await free.person.ok<CatalogueView>("GET", free.at("/catalogue"));
    expect(elsewhere.plans.map((row) => row.name)).not.toContain("Acme One");
    await reseller.person.ok("DELETE", reseller.at(`/plans/${plan.id}`));
    expect(await offered()).toEqual(platforms);
    const operator = await platformOperator();
    const { plan: big } = await operator.ok<{ plan: PlanView }>("POST", "/api/operator/plans", {
      name: `Big ${Date.now()}`,
      cores: 4,
      memoryMiB: 4_096,
      diskGiB: 40,
    });
    expect(await offered()).toContain(big.name);
    await operator.ok("DELETE", `/api/operator/plans/${big.id}`);
    expect(await codeOf(operator, "DELETE", `/api/operator/plans/${big.id}`)).toBe("not_found");
  });
});
