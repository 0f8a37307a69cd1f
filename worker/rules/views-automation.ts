// Shapes of the API about what happens by itself: schedules, scripts, keys that are kept, images, expiry.
import type { Kept, KeepReason, Retention } from "./retention.ts";
import type { ScriptEvent, ScriptParameter } from "./scripts.ts";

export const SCHEDULE_ACTIONS = ["start", "shutdown", "snapshot", "backup"] as const;
export type ScheduleAction = (typeof SCHEDULE_ACTIONS)[number];
/** `begun` started an operation; `refused` could not (see `code`); `missed` came too late to be made up for. */
export type RunState = "taken" | "begun" | "refused" | "missed";
export type ScriptRunState = "waiting" | "running" | "succeeded" | "failed" | "unreachable";

export interface ScheduleRunView {
  dueAt: number;
  at: number;
  state: RunState;
  operationId: string | null;
  code: string | null;
}

export interface ScheduleView {
  id: string;
  service: { id: string; name: string };
  action: ScheduleAction;
  /** Calendar rule: minute, hour, day of the month, month, day of the week. */
  rule: string;
  timeZone: string;
  retention: Retention | null;
  paused: boolean;
  /** The next five runs; empty while it is paused. */
  next: number[];
  /** The latest runs, newest first. */
  history: ScheduleRunView[];
  madeBy: string;
  createdAt: number;
}

/** What a rule of retention would do to the backups that are there. */
export interface RetentionPreview {
  keep: { id: Kept["id"]; reason: KeepReason }[];
  remove: string[];
}

export interface SshKeyView {
  id: string;
  name: string;
  line: string;
  fingerprint: string;
  createdAt: number;
}

export interface ScriptView {
  id: string;
  name: string;
  description: string;
  events: ScriptEvent[];
  parameters: ScriptParameter[];
}

/** As operators see it. */
export interface ScriptSourceView extends ScriptView {
  body: string;
  timeoutSeconds: number;
  active: boolean;
}

export interface ServiceScriptView {
  id: string;
  script: { id: string; name: string };
  event: ScriptEvent;
  /** False where operators have withdrawn the script: it is not run. */
  active: boolean;
  createdAt: number;
}

export interface ScriptRunView {
  id: string;
  /** The operation that it was a part of. */
  operationId: string | null;
  script: string;
  event: ScriptEvent;
  state: ScriptRunState;
  exitCode: number | null;
  /** What went wrong where the script itself did not end with an exit code: an error's code. */
  code: string | null;
  /** Guest-supplied: show as text. */
  output: string;
  startedAt: number;
  endedAt: number | null;
}

export interface ImageView {
  id: string;
  name: string;
}
