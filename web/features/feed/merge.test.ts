// Merging the feed's events: order, lateness, and what must survive.
import { describe, expect, it } from "vitest";
import type { OperationView, ServiceView } from "../../../worker/rules/views.ts";
import { pauseBefore } from "./connection.ts";
import {
  hasEnded,
  isOvertaken,
  mergeOperation,
  mergePower,
  mergeService,
  newerOperation,
  withoutService,
} from "./merge.ts";

const operation = (more: Partial<OperationView> = {}): OperationView => ({
  id: "op_1",
  kind: "launch",
  status: "running",
  serviceId: "svc_1",
  serviceName: "web-1",
  actor: "Ana",
  steps: [{ name: "reserve", status: "running", startedAt: 1, endedAt: null }],
  error: null,
  retryable: false,
  cancellable: false,
  ahead: 0,
  startedAt: 1,
  endedAt: null,
  ...more,
});

const service = (more: Partial<ServiceView> = {}): ServiceView => ({
  id: "svc_1",
  kind: "vm",
  name: "web-1",
  state: "ready",
  power: "running",
  cores: 1,
  memoryMiB: 512,
  diskGiB: 4,
  description: "",
  tags: [],
  restartNeeded: false,
  imageId: null,
  expiresAt: null,
  expired: false,
  deleteAt: null,
  template: { id: "tpl_1", name: "Debian", logo: "debian" },
  address: null,
  loginUser: "ana",
  operationId: null,
  createdAt: 1,
  live: null,
  ...more,
});

describe("operations", () => {
  it("are listed latest first, once each, and no more than fifty", () => {
    const many = Array.from({ length: 50 }, (_, index) => operation({ id: `op_${index}`, startedAt: 50 - index }));
    const merged = mergeOperation(many, operation({ id: "op_new", startedAt: 99 }));
    expect(merged).toHaveLength(50);
    expect(merged[0]?.id).toBe("op_new");
    expect(
      mergeOperation(merged, operation({ id: "op_new", startedAt: 99 })).filter((one) => one.id === "op_new"),
    ).toHaveLength(1);
  });

  it("stay ended when an older event comes late", () => {
    const ended = operation({ status: "succeeded", endedAt: 9 });
    expect(newerOperation(ended, operation()).status).toBe("succeeded");
    expect(mergeOperation([ended], operation())[0]?.status).toBe("succeeded");
  });

  it("move on from step to step, not back", () => {
    const first = operation({
      steps: [
        { name: "reserve", status: "done", startedAt: 1, endedAt: 2 },
        { name: "clone", status: "running", startedAt: 2, endedAt: null },
      ],
    });
    const earlier = operation({
      steps: [
        { name: "reserve", status: "running", startedAt: 1, endedAt: null },
        { name: "clone", status: "pending", startedAt: null, endedAt: null },
      ],
    });
    expect(newerOperation(first, earlier)).toBe(first);
    expect(newerOperation(earlier, first)).toBe(first);
  });

  it("know when they have ended", () => {
    expect((["queued", "running", "reverting"] as const).some((status) => hasEnded({ status }))).toBe(false);
    expect((["succeeded", "reverted", "failed"] as const).every((status) => hasEnded({ status }))).toBe(true);
  });
});

describe("services", () => {
  it("are not taken back to what was under way before its end was told", () => {
    const late = service({ operationId: "op_1" });
    expect(isOvertaken(late, new Set())).toBe(false);
    expect(isOvertaken(late, new Set(["op_1"]))).toBe(true);
    expect(isOvertaken(service({ operationId: "op_2" }), new Set(["op_1"]))).toBe(false);
    expect(isOvertaken(service(), new Set(["op_1"]))).toBe(false);
  });

  it("are replaced in place, added in front, taken away", () => {
    const list = [service(), service({ id: "svc_2" })];
    expect(mergeService(list, service({ id: "svc_2", name: "db" })).map((one) => one.name)).toEqual(["web-1", "db"]);
    expect(mergeService(list, service({ id: "svc_3" }))[0]?.id).toBe("svc_3");
    expect(withoutService(list, "svc_1").map((one) => one.id)).toEqual(["svc_2"]);
  });

  it("take the power state of a sample, and keep their identity where nothing changed", () => {
    const list = [service(), service({ id: "svc_2" })];
    const merged = mergePower(list, [{ serviceId: "svc_1", power: "stopped", live: null }]);
    expect(merged[0]?.power).toBe("stopped");
    expect(merged[1]).toBe(list[1]);
    expect(mergePower(list, [{ serviceId: "svc_1", power: "running", live: null }])).toBe(list);
  });
});

it("the feed comes back quickly first, then patiently", () => {
  expect(pauseBefore(0, 0)).toBe(500);
  expect(pauseBefore(0, 1)).toBe(250);
  expect(pauseBefore(3, 0)).toBe(4_000);
  expect(pauseBefore(20, 0)).toBe(15_000);
});
