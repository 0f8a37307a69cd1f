// Clusters as operators see them: connected, moved, checked; what is missing is said, and root's token never taken.
import { expect, it } from "vitest";
import type { ClusterView, Problem } from "../worker/rules/views.ts";
import { lane } from "./harness/lane.ts";
import { platformOperator } from "./harness/site.ts";

const provisioning = lane.provisioningToken;
const at = provisioning.indexOf("=");
const draft = {
  name: "Second door",
  url: lane.pveUrl,
  tokenId: provisioning.slice(0, at),
  tokenSecret: provisioning.slice(at + 1),
  pool: "nubemox",
  tenantGroup: "nubemox-tenants",
  tenantRole: "NubemoxTenant",
  storage: "local-lvm",
  vmidFrom: 500_000,
  vmidTo: 500_100,
};

it("says at once what a token lacks, in lines for pveum", async () => {
  const operator = await platformOperator();
  const { cluster } = await operator.ok<{ cluster: ClusterView }>("POST", "/api/operator/clusters", {
    ...draft,
    pool: "elsewhere",
  });
  expect(cluster.status).toBe("ok");
  expect(cluster.missing.join("\n")).toContain("pveum acl modify /pool/elsewhere --users nubemox@pve");
  expect(cluster.missing.join("\n")).not.toContain("/storage/local-lvm");
  // What only a part of the portal needs says so, in a line that a shell takes as it is.
  expect(cluster.missing).toContain(
    'pveum role add NubemoxPoolElsewhereAgent --privs "VM.GuestAgent.Unrestricted" # for scripts and new passwords in virtual machines',
  );
});

it("follows a cluster to another address and back, and tells which one answers", async () => {
  const operator = await platformOperator();
  const created = await operator.ok<{ cluster: ClusterView }>("POST", "/api/operator/clusters", draft);
  expect(created.cluster).toMatchObject({ status: "ok", missing: [] });
  const path = `/api/operator/clusters/${created.cluster.id}`;
  // The discard port: nothing listens there.
  const gone = await operator.ok<{ cluster: ClusterView }>("PUT", path, { url: "https://127.0.0.1:9" });
  expect(gone.cluster).toMatchObject({ status: "unreachable", url: "https://127.0.0.1:9" });
  const wrong = await operator.ok<{ cluster: ClusterView }>("PUT", path, {
    url: draft.url,
    tokenSecret: "00000000-0000-0000-0000-000000000000",
  });
  expect(wrong.cluster.status).toBe("denied");
  const back = await operator.ok<{ cluster: ClusterView }>("PUT", path, {
    url: draft.url,
    tokenSecret: draft.tokenSecret,
  });
  expect(back.cluster).toMatchObject({ status: "ok", url: draft.url });
});

it("takes neither root's token nor an address without TLS, and never shows a secret", async () => {
  const operator = await platformOperator();
  const root = { ...draft, tokenId: "root@pam!ci", url: "http://127.0.0.1:8006" };
  const answer = await operator.send<Problem>("POST", "/api/operator/clusters", root);
  expect(answer.status).toBe(400);
  expect(answer.body.errors?.map((field) => field.pointer).toSorted()).toEqual(["#/tokenId", "#/url"]);
  const list = await operator.send("GET", "/api/operator/clusters");
  expect(JSON.stringify(list.body)).not.toContain(draft.tokenSecret);
});
