// The routes about schedules, as small typed functions beside web/api.ts.
import type { Retention } from "../worker/rules/retention.ts";
import type { ScheduleAction, ScheduleView } from "../worker/rules/views-automation.ts";
import { get, part, post, send, tenantPath } from "./api.ts";

export interface ScheduleBody {
  action: ScheduleAction;
  rule: string;
  timeZone: string;
  retention: Retention | null;
}

export type ScheduleChangesBody = Partial<Omit<ScheduleBody, "action"> & { paused: boolean }>;

const schedulePath = (tenant: string, schedule: string) => `${tenantPath(tenant)}/schedules/${part(schedule)}`;

export const schedulesApi = {
  /** Of a whole tenant, or of one service where it is named. */
  schedules: (tenant: string, service?: string) =>
    get<{ schedules: ScheduleView[] }>(
      `${tenantPath(tenant)}/schedules${service === undefined ? "" : `?service=${part(service)}`}`,
    ),
  makeSchedule: (tenant: string, service: string, body: ScheduleBody) =>
    post<{ schedule: ScheduleView }>(`${tenantPath(tenant)}/services/${part(service)}/schedules`, body),
  changeSchedule: (tenant: string, schedule: string, body: ScheduleChangesBody) =>
    send<{ schedule: ScheduleView }>("PUT", schedulePath(tenant, schedule), body),
  removeSchedule: (tenant: string, schedule: string) => send<{ ok: true }>("DELETE", schedulePath(tenant, schedule)),
};
