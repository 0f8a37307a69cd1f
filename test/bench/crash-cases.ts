// The moments at which workerd is killed: every step of every verb, of giving a launch back, and of a deletion.
import type { OperationNow } from "../harness/books.ts";
import type { CrashVerb } from "./crash-requests.ts";

export interface CrashCase {
  name: string;
  kind: CrashVerb;
  /**
   * The request to Proxmox VE around which the Worker is killed, as the lab names it. `before`: it has left the Worker and will
   * never be worked on. `after`: it was done and answered, and the answer never read.
   */
  request?: string;
  moment?: "before" | "after";
  /** Otherwise: what stands in the database at the moment of the kill. */
  when?: (operation: OperationNow) => boolean;
  /** A task that fails for good, so that the launch is given back. */
  taskFailure?: { taskType: string; taskError: string };
}

const QEMU = "/nodes/{node}/qemu/{vmid}";
const START_FAILS = { taskType: "qmstart", taskError: "start failed: QEMU exited with code 1" };
const CLONE_FAILS = { taskType: "qmclone", taskError: "clone failed: no space left on device" };

export const CASES: readonly CrashCase[] = [
  { name: "launch: accepted", kind: "launch", when: () => true },
  { name: "launch: reserve", kind: "launch", when: inStep("reserve") },
  ...around("launch", "prepare, pool", "POST /pools"),
  ...around("launch", "prepare, user", "POST /access/users"),
  ...around("launch", "prepare, token", "POST /access/users/{userid}/token/{tokenid}"),
  ...around("launch", "prepare, rights", "PUT /access/acl"),
  ...around("launch", "clone", `POST ${QEMU}/clone`),
  { name: "launch: clone task at work", kind: "launch", when: ({ facts }) => typeof facts["cloneUpid"] === "string" },
  ...around("launch", "configure", `POST ${QEMU}/config`),
  {
    name: "launch: configure task at work",
    kind: "launch",
    when: ({ facts }) => typeof facts["configureUpid"] === "string",
  },
  ...around("launch", "disk", `PUT ${QEMU}/resize`),
  ...around("launch", "start", `POST ${QEMU}/status/start`),
  { name: "launch: start task at work", kind: "launch", when: ({ facts }) => typeof facts["startUpid"] === "string" },
  ...around("launch", "address", `GET ${QEMU}/agent/network-get-interfaces`),
  { name: "revert: begun", kind: "launch", when: isReverting, taskFailure: CLONE_FAILS },
  ...around("launch", "remove", `DELETE ${QEMU}`, "revert").map((one) => ({ ...one, taskFailure: START_FAILS })),
  {
    name: "revert: remove task at work",
    kind: "launch",
    when: (operation) => isReverting(operation) && typeof operation.facts["removeUpid"] === "string",
    taskFailure: START_FAILS,
  },
  { name: "delete: accepted", kind: "delete", when: () => true },
  ...around("delete", "stop, looking", `GET ${QEMU}/config`),
  ...around("delete", "remove, stopping", `POST ${QEMU}/status/stop`),
  ...around("delete", "remove, removing", `DELETE ${QEMU}`),
  { name: "delete: remove task at work", kind: "delete", when: ({ facts }) => typeof facts["removeUpid"] === "string" },
  { name: "delete: settle", kind: "delete", when: inStep("settle") },
  ...around("resize", "configure", `POST ${QEMU}/config`),
  ...around("resize", "disk", `PUT ${QEMU}/resize`),
  ...around("resize", "last look", `GET ${QEMU}/pending`),
  ...around("snapshot", "snapshot", `POST ${QEMU}/snapshot`),
  atWork("snapshot", "snapshot"),
  ...around("rollback", "reserve", `GET ${QEMU}/snapshot/{snapname}/config`),
  ...around("rollback", "rollback", `POST ${QEMU}/snapshot/{snapname}/rollback`),
  atWork("rollback", "rollback"),
  ...around("snapshot_delete", "discard", `DELETE ${QEMU}/snapshot/{snapname}`),
  ...around("clone", "clone", `POST ${QEMU}/clone`),
  atWork("clone", "clone"),
  ...around("clone", "start", `POST ${QEMU}/status/start`),
  ...around("backup", "queue", "GET /nodes/{node}/storage"),
  ...around("backup", "backup", "POST /nodes/{node}/vzdump"),
  atWork("backup", "backup"),
  ...around("backup", "measure", "GET /nodes/{node}/storage/{storage}/content"),
  ...around("backup_delete", "discard", "DELETE /nodes/{node}/storage/{storage}/content/{volume}"),
  ...around("restore", "restore", "POST /nodes/{node}/qemu"),
  atWork("restore", "restore"),
  ...around("restore", "start", `POST ${QEMU}/status/start`),
];

/** While a task is at work that the portal knows of. */
function atWork(kind: CrashVerb, task: string): CrashCase {
  const upid = `${task}Upid`;
  return { name: `${kind}: ${task} task at work`, kind, when: ({ facts }) => typeof facts[upid] === "string" };
}

/** Both sides of one request. */
function around(kind: CrashCase["kind"], what: string, request: string, label: string = kind): CrashCase[] {
  return [
    { name: `${label}: ${what}, before it is done`, kind, request, moment: "before" },
    { name: `${label}: ${what}, done but unanswered`, kind, request, moment: "after" },
  ];
}

function inStep(name: string): (operation: OperationNow) => boolean {
  return ({ steps }) => steps.some((step) => step.name === name && step.status === "running");
}

function isReverting({ status }: OperationNow): boolean {
  return status === "reverting";
}
