// An empty cluster for tests.
import type { LabState } from "./state.ts";

export function emptyState(): LabState {
  return {
    version: 1,
    createdAt: 0,
    nodes: ["pve1"],
    users: { "root@pam": { enable: 1, expire: 0, tokens: {} } },
    groups: {},
    roles: {},
    acl: [],
    pools: {},
    storages: {},
    guests: {},
    volumes: {},
    tasks: [],
  };
}
