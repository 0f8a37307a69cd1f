// The tree: resellers that nest, what each sees of those below, and what it costs to look.
import { afterEach, describe, expect, it } from "vitest";
import type { ChildTenantView, Problem } from "../worker/rules/views.ts";
import type { ChildDetailView, TreeNodeView } from "../worker/rules/views-tree.ts";
import { labGuests, launched, newTenant } from "./harness/portal.ts";
import { expectHonestLedger, freshEmail, guestOf, platformOperator, rows, site, withoutId } from "./harness/site.ts";
import { childBelow, resellerWith } from "./harness/tree.ts";

afterEach(expectHonestLedger);

const ROOM = { vcpu: 8, memoryMiB: 4_096, diskGiB: 40, services: 8 };
const SOME = { vcpu: 2, memoryMiB: 1_024, diskGiB: 10, services: 2 };

describe("a reseller", () => {
  it("sees its children and everything below them, each node with its own figures, and nothing beside or above", async () => {
    const reseller = await resellerWith("sees", ROOM);
    const neighbour = await resellerWith("beside", ROOM);
    const inner = await childBelow(reseller, "inner", SOME, "reseller");
    const leaf = await childBelow(inner, "leaf", { vcpu: 1, memoryMiB: 256, diskGiB: 2, services: 1 });
    const other = await childBelow(reseller, "other", {});
    await childBelow(neighbour, "foreign", SOME);
    await launched(leaf, { size: { cores: 1, memoryMiB: 128, diskGiB: 1 } });
    const { nodes } = await reseller.person.ok<{ nodes: TreeNodeView[] }>("GET", reseller.at("/tree"));
    expect(nodes.map((node) => [node.id, node.parentId, node.kind, node.depth, node.services])).toEqual([
      [reseller.id, "ten_platform", "reseller", 0, 0],
      [inner.id, reseller.id, "reseller", 1, 0],
      [other.id, reseller.id, "tenant", 1, 0],
      [leaf.id, inner.id, "tenant", 2, 1],
    ]);
    const vcpu = nodes.map((node) => node.envelopes.find((row) => row.resource === "vcpu"));
    expect(vcpu.map((row) => [row?.limit, row?.used])).toEqual([
      [8, 2],
      [2, 1],
      [0, 0],
      [1, 1],
    ]);
    const top = await reseller.person.ok<{ nodes: TreeNodeView[] }>("GET", reseller.at("/tree?depth=1"));
    expect(top.nodes.map((node) => node.id)).toEqual([reseller.id, inner.id, other.id]);
    const { children } = await reseller.person.ok<{ children: ChildTenantView[] }>("GET", reseller.at("/children"));
    expect(children.map((child) => child.id)).toEqual([inner.id, other.id]);
    expect(children[0]?.quota.find((row) => row.resource === "vcpu")).toMatchObject({ limit: 2, used: 1, own: true });
    const page = await reseller.person.ok<{ child: ChildDetailView }>("GET", reseller.at(`/children/${leaf.id}`));
    expect(page.child).toMatchObject({ parentId: inner.id, owners: [{ email: leaf.email }], services: 1, left: null });
    const operator = await platformOperator();
    const whole = await operator.ok<{ nodes: TreeNodeView[] }>("GET", "/api/operator/tree");
    expect(whole.nodes.map((node) => node.id)).toEqual(expect.arrayContaining([reseller.id, neighbour.id, leaf.id]));
    const { tenants } = await operator.ok<{ tenants: (ChildTenantView & { parentName: string })[] }>(
      "GET",
      "/api/operator/tenants",
    );
    expect(tenants.find((row) => row.id === leaf.id)).toMatchObject({ parentName: "Child inner", services: 1 });
  });

  it("knows nothing of the children of others: the same answer as for what never was", async () => {
    const reseller = await resellerWith("mine", ROOM);
    const neighbour = await resellerWith("theirs", ROOM);
    const foreign = await childBelow(neighbour, "theirs", {});
    for (const [method, path, body] of [
      ["GET", "", undefined],
      ["DELETE", "?confirm=Child%20theirs", undefined],
      ["PUT", "/limits", { limits: { vcpu: 1 } }],
      ["POST", "/suspend", {}],
      ["POST", "/resume", {}],
      ["POST", "/approve", {}],
      ["POST", "/decline", {}],
    ] as const) {
      const answers = await Promise.all(
        [foreign.id, neighbour.id, reseller.id, "ten_platform", "ten_00000000000000000000"].map((id) =>
          reseller.person.send<Problem>(method, reseller.at(`/children/${id}${path}`), body),
        ),
      );
      for (const answer of answers) {
        expect([path, answer.status, withoutId(answer.body)]).toEqual([
          path,
          404,
          withoutId(answers[4]?.body as Problem),
        ]);
      }
    }
  });

  it("makes resellers of its own, and tenants make nothing", async () => {
    const reseller = await resellerWith("makes", ROOM);
    const tenant = await childBelow(reseller, "leaf", SOME);
    const draft = { name: "More", ownerEmail: tenant.email, limits: {} };
    expect((await tenant.person.send<Problem>("POST", tenant.at("/children"), draft)).body.code).toBe("not_found");
    for (const [changes, pointer] of [
      [{ kind: "platform" }, "#/kind"],
      [{ name: "" }, "#/name"],
      [{ ownerEmail: "nobody" }, "#/ownerEmail"],
      [{ limits: { gpus: 1 } }, "#/limits/gpus"],
      [{ limits: { vcpu: -1 } }, "#/limits/vcpu"],
    ] as const) {
      const answer = await reseller.person.send<Problem>("POST", reseller.at("/children"), { ...draft, ...changes });
      expect([answer.body.code, answer.body.errors?.[0]?.pointer]).toEqual(["validation_failed", pointer]);
    }
  });

  it("hands out no more than it has, even where many ask at once, and makes nothing of what is refused", async () => {
    const reseller = await resellerWith("many", { vcpu: 4 });
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        reseller.person.send<{ child: ChildTenantView } & Problem>("POST", reseller.at("/children"), {
          name: `Many ${index}`,
          ownerEmail: freshEmail("many"),
          limits: { vcpu: 2 },
        }),
      ),
    );
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(2);
    for (const { body } of answers.filter((answer) => answer.status !== 201)) {
      expect(body).toMatchObject({ code: "quota_exceeded", params: { resource: "vcpu", asked: 2 } });
    }
    expect(rows("select id from tenants where parent_id = ?", reseller.id)).toHaveLength(2);
    expect(
      rows("select i.id from invitations i join tenants t on t.id = i.tenant_id where t.parent_id = ?", reseller.id),
    ).toHaveLength(2);
  });
});

it("pools end at the third level, however deep the tree is, and every tenant has one of its own", async () => {
  const top = await resellerWith("deep", ROOM);
  const second = await childBelow(top, "second", { ...SOME, vcpu: 4, memoryMiB: 2_048 }, "reseller");
  const third = await childBelow(second, "third", SOME, "reseller");
  const leaf = await childBelow(third, "deepleaf", { vcpu: 1, memoryMiB: 256, diskGiB: 2, services: 1 });
  const service = await launched(leaf, { size: { cores: 1, memoryMiB: 128, diskGiB: 1 } });
  const pool = (await guestOf(service.id))?.pool ?? "";
  expect(pool.split("/").length).toBeLessThanOrEqual(3);
  expect(pool.endsWith(leaf.id.replace("ten_", "t-"))).toBe(true);
  const shared = (await labGuests(site.controlUrl)).filter((guest) => guest.pool === pool);
  expect(shared).toHaveLength(1);
});

it("a person with a tenant of its own has nothing below it", async () => {
  const free = await newTenant(site, "free");
  for (const path of ["/tree", "/children", "/defaults", "/plans"]) {
    expect((await free.person.send("GET", free.at(path))).status).toBe(404);
  }
});
