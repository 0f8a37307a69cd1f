// The feed: every change reaches the open pages of its tenant, and nobody else's.
import { describe, expect, it } from "vitest";
import type { FeedEvent } from "../worker/rules/views.ts";
import { ended, launch, launched, newTenant } from "./harness/portal.ts";
import type { Tenant } from "./harness/portal.ts";
import { otherSession, site, stranger } from "./harness/site.ts";
import { closing, Feed, opened, openSocket } from "./harness/socket.ts";

const isStatus = (event: FeedEvent, status: string) => event.type === "operation" && event.operation.status === status;

async function feedOf(tenant: Tenant): Promise<Feed> {
  const feed = new Feed(await opened(tenant.person, tenant.at("/feed")));
  await feed.until(({ events }) => events[0]?.type === "hello");
  return feed;
}

describe("the feed", () => {
  it("tells a launch from its first step to its last, then the guest's life, then its end", async () => {
    const [tenant, other] = [await newTenant(site, "feed"), await newTenant(site, "feed")];
    const [feed, elsewhere] = [await feedOf(tenant), await feedOf(other)];
    const { body } = await launch(tenant);
    await feed.until(({ events }) => events.some((event) => isStatus(event, "succeeded")));
    const seen = feed.events.flatMap((event) => (event.type === "operation" ? [event.operation] : []));
    expect(new Set(seen.map((operation) => operation.id))).toEqual(new Set([body.operation.id]));
    // Each step is announced when it begins, in the order of the plan.
    const begun = seen.flatMap((operation) =>
      operation.steps.filter((step) => step.status === "running").map((step) => step.name),
    );
    expect([...new Set(begun)]).toEqual(["reserve", "prepare", "clone", "configure", "disk", "start", "address"]);
    await feed.until(({ events }) =>
      events.some((event) => event.type === "service" && event.service.state === "ready"),
    );
    await feed.until(({ events }) => events.some((event) => event.type === "quota"));
    await feed.until(({ events }) =>
      events.some(
        (event) => event.type === "live" && event.samples.some((sample) => sample.serviceId === body.service.id),
      ),
    );
    await tenant.person.ok("DELETE", tenant.at(`/services/${body.service.id}?confirm=${body.service.name}`));
    await feed.until(({ events }) =>
      events.some((event) => event.type === "service-gone" && event.serviceId === body.service.id),
    );
    expect(elsewhere.events.filter((event) => event.type !== "hello")).toEqual([]);
    feed.socket.terminate();
    elsewhere.socket.terminate();
  });

  it("answers a ping, and takes nothing else to heart", async () => {
    const tenant = await newTenant(site, "ping");
    const feed = await feedOf(tenant);
    feed.socket.send("ping");
    await feed.until(({ texts }) => texts.includes("pong"));
    feed.socket.send(JSON.stringify({ type: "operation" }));
    feed.socket.send("ping");
    await feed.until(({ texts }) => texts.length === 2);
    expect(feed.events.map((event) => event.type)).toEqual(["hello"]);
    feed.socket.terminate();
  });

  it("closes when the session is signed out, and only that session's", async () => {
    const tenant = await newTenant(site, "feed-out");
    const leaving = await otherSession(tenant);
    const [first, second] = [await opened(leaving, tenant.at("/feed")), await feedOf(tenant)];
    const closed = closing(first);
    await leaving.ok("POST", "/api/auth/sign-out", {});
    expect((await closed).code).toBe(4401);
    second.socket.send("ping");
    await second.until(({ texts }) => texts.includes("pong"));
    second.socket.terminate();
  });

  it("does not open for strangers, from elsewhere, or without a socket", async () => {
    const [tenant, other] = [await newTenant(site, "feed-own"), await newTenant(site, "feed-other")];
    const path = tenant.at("/feed");
    expect(await openSocket(other.person, path)).toMatchObject({ status: 404, code: "not_found" });
    expect(await openSocket(stranger(), path)).toMatchObject({ status: 401, code: "not_signed_in" });
    for (const origin of ["https://elsewhere.test", "null", null]) {
      expect(await openSocket(tenant.person, path, { origin })).toMatchObject({ status: 403, code: "origin_refused" });
    }
    expect((await tenant.person.send("GET", path)).status).toBe(426);
  });

  it("shows a second page what the first one does", async () => {
    const tenant = await newTenant(site, "two-pages");
    const service = await launched(tenant);
    const page = new Feed(await opened(await otherSession(tenant), tenant.at("/feed")));
    await page.until(({ events }) => events[0]?.type === "hello");
    const stop = await tenant.person.ok<{ operation: { id: string } }>(
      "POST",
      tenant.at(`/services/${service.id}/power`),
      { action: "stop" },
    );
    await ended(tenant, stop.operation.id);
    await page.until(({ events }) =>
      events.some((event) => event.type === "service" && event.service.operationId === null),
    );
    const services = page.events.flatMap((event) => (event.type === "service" ? [event.service] : []));
    expect(services.at(-1)).toMatchObject({ id: service.id, power: "stopped", operationId: null });
    page.socket.terminate();
  });
});
