// The launch wizard's reducer: choices, what is wrong, and what is kept when the Worker refuses.
import { describe, expect, it } from "vitest";
import type { CatalogueView, Problem, TemplateView } from "../../../worker/rules/views.ts";
import {
  INITIAL,
  launchBody,
  loginProblems,
  reduce,
  shownProblems,
  sizeProblems,
  type LaunchAction,
  type LaunchState,
} from "./state.ts";

const template = (more: Partial<TemplateView> = {}): TemplateView => ({
  id: "tpl_deb",
  kind: "vm",
  name: "Debian",
  description: "",
  logo: "debian",
  category: "Systems",
  minCores: 1,
  minMemoryMiB: 512,
  minDiskGiB: 4,
  defaultUser: "debian",
  ...more,
});

const big = template({ id: "tpl_big", minCores: 4, minMemoryMiB: 8192, minDiskGiB: 40, defaultUser: "admin" });

const catalogue: CatalogueView = {
  templates: [template(), big],
  plans: [
    { id: "nano", name: "Nano", cores: 1, memoryMiB: 256, diskGiB: 4 },
    { id: "small", name: "Small", cores: 1, memoryMiB: 1024, diskGiB: 10 },
  ],
  bounds: { cores: [1, 32], memoryMiB: [64, 131_072], diskGiB: [1, 2_048] },
};

const run = (actions: LaunchAction[], from: LaunchState = INITIAL) => actions.reduce(reduce, from);
const choose = (chosen: TemplateView = template()): LaunchAction => ({ type: "template", template: chosen, catalogue });
const filled = run([
  choose(),
  { type: "go", step: 3, catalogue },
  { type: "field", field: "name", value: "web-1" },
  { type: "field", field: "password", value: "correct horse" },
]);
const problem = (more: Partial<Problem>): Problem => ({
  type: "",
  title: "",
  status: 409,
  code: "quota_exceeded",
  requestId: "req_1",
  ...more,
});

describe("choosing", () => {
  it("takes the smallest plan that the template fits in, and its user", () => {
    const state = run([choose()]);
    expect([state.planId, state.size, state.user]).toEqual([
      "small",
      { cores: 1, memoryMiB: 1024, diskGiB: 10 },
      "debian",
    ]);
  });

  it("takes the template's least size where no plan is large enough", () => {
    const state = run([choose(big)]);
    expect([state.planId, state.size]).toEqual([null, { cores: 4, memoryMiB: 8192, diskGiB: 40 }]);
  });

  it("keeps a size of one's own while it fits, and a user that was typed", () => {
    const state = run([
      choose(),
      { type: "size", size: { cores: 6, memoryMiB: 9000, diskGiB: 50 } },
      { type: "field", field: "user", value: "ana" },
      choose(big),
    ]);
    expect([state.size.cores, state.user, state.planId]).toEqual([6, "ana", null]);
  });
});

describe("steps", () => {
  it("lead nowhere without a template", () => {
    expect(run([{ type: "go", step: 3, catalogue }]).step).toBe(1);
  });

  it("stop at an impossible size", () => {
    expect(run([choose(), { type: "size", size: { memoryMiB: 100 } }, { type: "go", step: 3, catalogue }]).step).toBe(
      2,
    );
  });

  it("tell what is wrong with a size", () => {
    expect(sizeProblems({ cores: 99, memoryMiB: 100, diskGiB: 10 }, template(), catalogue.bounds)).toEqual({
      cores: { code: "max", value: 32 },
      memoryMiB: { code: "min", value: 512 },
    });
  });
});

describe("login", () => {
  it("needs a name, a user, and a password or a key", () => {
    expect(loginProblems({ ...INITIAL })).toEqual({ name: "required", user: "required", password: "password_or_key" });
    const key = `ssh-ed25519 ${btoa(`\0\0\0\x0bssh-ed25519\0\0\0\x20${"k".repeat(32)}`)} me`;
    expect(loginProblems({ ...INITIAL, name: "web-1", user: "ana", sshKeys: key })).toEqual({});
    expect(loginProblems({ ...filled, user: "root" })).toEqual({ user: "reserved" });
  });

  it("may be by a key that the person keeps", () => {
    const ticked = run([{ type: "keys", keyIds: ["key_1"] }], { ...filled, password: "" });
    expect(loginProblems(ticked)).toEqual({});
    expect(launchBody(ticked).login).toEqual({ user: "debian", keyIds: ["key_1"] });
    expect(loginProblems(run([{ type: "keys", keyIds: [] }], ticked))).toEqual({ password: "password_or_key" });
  });

  it("is not complained about before it is left or tried", () => {
    const typing = run([{ type: "field", field: "name", value: "W" }]);
    expect(shownProblems(typing)).toEqual({});
    expect(shownProblems(run([{ type: "left", field: "name" }], typing))).toHaveProperty("name");
    expect(Object.keys(shownProblems(run([{ type: "try" }], INITIAL))).sort()).toEqual(["name", "password", "user"]);
  });

  it("sends only what was given", () => {
    expect(launchBody(filled).login).toEqual({ user: "debian", password: "correct horse" });
  });
});

describe("sending", () => {
  it("keeps its key while the same request is sent again, and takes a new one for another", () => {
    const sent = run([{ type: "send", key: "k1" }], filled);
    const lost = run([{ type: "refused", problem: problem({ status: 0, code: "offline" }) }], sent);
    expect(lost.attempt?.key).toBe("k1");
    expect(run([{ type: "send", key: "k2" }], lost).attempt?.key).toBe("k1");
    expect(
      run(
        [
          { type: "field", field: "name", value: "web-2" },
          { type: "send", key: "k2" },
        ],
        lost,
      ).attempt?.key,
    ).toBe("k2");
  });

  it("takes a new key after a plain no", () => {
    const refused = run(
      [
        { type: "send", key: "k1" },
        { type: "refused", problem: problem({}) },
      ],
      filled,
    );
    expect(run([{ type: "send", key: "k2" }], refused).attempt?.key).toBe("k2");
  });

  it("keeps everything that was typed when it is refused, and marks the field until it is changed", () => {
    const refused = run(
      [
        { type: "send", key: "k1" },
        { type: "refused", problem: problem({ code: "name_taken", errors: [{ pointer: "#/name", code: "taken" }] }) },
      ],
      filled,
    );
    expect(launchBody(refused)).toEqual(launchBody(filled));
    expect(refused.sending).toBe(false);
    expect(shownProblems(refused)["name"]).toBe("taken");
    expect(shownProblems(run([{ type: "field", field: "name", value: "web-2" }], refused))).toEqual({});
  });
});
