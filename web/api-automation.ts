// The routes about schedules and scripts, as small typed functions beside web/api.ts.
import type { Retention } from "../worker/rules/retention.ts";
import type { ScriptEvent } from "../worker/rules/scripts.ts";
import type {
  ScheduleAction,
  ScheduleView,
  ScriptRunView,
  ScriptSourceView,
  ScriptView,
  ServiceScriptView,
} from "../worker/rules/views-automation.ts";
import type { Accepted } from "../worker/rules/views.ts";
import { get, part, post, send, tenantPath } from "./api.ts";

export interface NewScheduleBody {
  action: ScheduleAction;
  rule: string;
  timeZone: string;
  /** Of snapshots and backups; null keeps them all. */
  retention: Retention | null;
}

export type ScheduleChange = Partial<Omit<NewScheduleBody, "action">> & { paused?: boolean };

/** A script that is chosen at a launch, with what its parameters were filled in with. */
export interface FirstBootScript {
  scriptId: string;
  values: Record<string, string>;
}

export interface NewChoiceBody extends FirstBootScript {
  event: Exclude<ScriptEvent, "first_boot">;
}

export type ScriptBody = Omit<ScriptSourceView, "id">;

const servicePath = (tenant: string, service: string) => `${tenantPath(tenant)}/services/${part(service)}`;
const choicePath = (tenant: string, service: string, choice: string) =>
  `${servicePath(tenant, service)}/scripts/${part(choice)}`;
const schedulePath = (tenant: string, schedule: string) => `${tenantPath(tenant)}/schedules/${part(schedule)}`;

export const automationApi = {
  /** Of a whole tenant, or of one service of it. */
  schedules: (tenant: string, service?: string) =>
    get<{ schedules: ScheduleView[] }>(
      `${tenantPath(tenant)}/schedules${service === undefined ? "" : `?service=${part(service)}`}`,
    ),
  addSchedule: (tenant: string, service: string, body: NewScheduleBody) =>
    post<{ schedule: ScheduleView }>(`${servicePath(tenant, service)}/schedules`, body),
  changeSchedule: (tenant: string, schedule: string, change: ScheduleChange) =>
    send<{ schedule: ScheduleView }>("PUT", schedulePath(tenant, schedule), change),
  removeSchedule: (tenant: string, schedule: string) => send<{ ok: true }>("DELETE", schedulePath(tenant, schedule)),

  /** The catalogue. */
  scripts: (tenant: string) => get<{ scripts: ScriptView[] }>(`${tenantPath(tenant)}/scripts`),
  serviceScripts: (tenant: string, service: string) =>
    get<{ scripts: ServiceScriptView[]; runs: ScriptRunView[] }>(`${servicePath(tenant, service)}/scripts`),
  chooseScript: (tenant: string, service: string, body: NewChoiceBody) =>
    post<{ script: ServiceScriptView }>(`${servicePath(tenant, service)}/scripts`, body),
  dropScript: (tenant: string, service: string, choice: string) =>
    send<{ ok: true }>("DELETE", choicePath(tenant, service, choice)),
  runScript: (tenant: string, service: string, choice: string, key: string) =>
    post<Accepted>(`${choicePath(tenant, service, choice)}/run`, {}, key),
};

/** What operators do with the catalogue of scripts. */
export const scriptsApi = {
  all: () => get<{ scripts: ScriptSourceView[] }>("/api/operator/scripts"),
  add: (body: ScriptBody) => post<{ script: ScriptSourceView }>("/api/operator/scripts", body),
  change: (script: string, body: ScriptBody) =>
    send<{ script: ScriptSourceView }>("PUT", `/api/operator/scripts/${part(script)}`, body),
};
