// The steps that run scripts inside a guest, one after the other: each once, whatever is lost on the way, and within its time.
import { AppError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import { chosen, isRun, scriptText } from "../domain/scripts/choices.ts";
import type { Choice } from "../domain/scripts/choices.ts";
import { changeRun, closeRuns, noteRun, runIdOf } from "../domain/scripts/runs.ts";
import type { RunRow } from "../domain/scripts/runs.ts";
import { agentTrouble, execAnswer, execInGuest } from "../pve/exec.ts";
import { guestPower, guestUptimeSeconds } from "../pve/guests.ts";
import { printfText, STEP_EVENTS } from "../rules/scripts.ts";
import { guestCommand, readReport } from "./guest-script.ts";
import type { GuestCommand, GuestReport } from "./guest-script.ts";
import { again, DONE, guestAt, provisioner, remember, save, Superseded, tenant } from "./job.ts";
import type { Job, Plan, Progress, Step } from "./job.ts";
import { requireOwnGuest } from "./second-wall.ts";

/** Which scripts they run is told by the kind of the operation ({@link STEP_EVENTS}). */
export const SCRIPTS: Step = { name: "scripts", act: (job) => act(job, "scripts") };
export const SCRIPTS_AFTER: Step = { name: "scripts_after", act: (job) => act(job, "scripts_after") };

export const scriptPlan: Plan = {
  steps: [SCRIPTS],
  serviceAfter: { succeeded: "ready", failed: "ready" },
};

/** A plan that has the steps of scripts as well: an operation has them, and where, as its row says. */
export function withScripts(plan: Plan): Plan {
  return { ...plan, steps: [...plan.steps, SCRIPTS, SCRIPTS_AFTER] };
}

/** Milliseconds that all scripts before a shutdown have together: it comes then, whatever they do. */
const BEFORE_SHUTDOWN_MS = 60_000;
/** Milliseconds that a guest which is on has to answer; one that boots has as long as any step. */
const SILENCE_MS = { before_shutdown: 5_000, on_demand: 30_000 } as const;
/** Milliseconds after a script's time in which its end may still be told. */
const GRACE_MS = 15_000;

/**
 * One turn. What becomes of a script is written down, and is no reason to fail for what the operation is about: a launch stays
 * launched, a shutdown comes. Only where running one is all that was asked for does the operation fail with it.
 */
async function act(job: Job, step: string): Promise<Progress> {
  try {
    return await runScripts(job, step);
  } catch (error) {
    if (error instanceof Superseded || job.operation.kind === "script") throw error;
    job.deps.log("warn", "scripts_retried", { operationId: job.operation.id, error: String(error).slice(0, 300) });
    // Well before a step's time is up, which would have the launch given back.
    if (job.deps.now() < startOf(job, step) + job.deps.config.STEP_BUDGET_MS / 2) return again(RETRY_MS);
    await save(job, { errorCode: "cluster_unreachable", errorParams: { step } });
    await closeRuns(job.deps, job.operation.id);
    return DONE;
  }
}

async function runScripts(job: Job, step: string): Promise<Progress> {
  const asked = `${step}Asked`;
  if (job.facts[asked] !== true) {
    if (!(await isTime(job, step))) return DONE;
    await remember(job, { [asked]: true });
  }
  for (const choice of await choicesOf(job, step)) {
    const run = await noteRun(job.deps, await freshRun(job, step, choice));
    if (run.state === "waiting" || run.state === "running") return takeOn(job, step, run, choice);
  }
  return finish(job);
}

/** Whether the moment has come that the scripts are for: the guest has booted, or is still on. */
async function isTime(job: Job, step: string): Promise<boolean> {
  if (job.service.kind === "container") return false;
  const [event] = eventsOf(job, step);
  await requireOwnGuest(job, guestAt(job));
  const [access, at] = [await tenant(job), guestAt(job)];
  if (event === "on_demand") {
    if ((await guestPower(access, at)) !== "running") throw new AppError("not_running");
    return true;
  }
  if (event === "before_shutdown") return (await guestPower(access, at)) === "running";
  // One that was on already has not booted; nor has one that was only suspended.
  if (job.facts.foundOn === true) return false;
  const onSince = job.deps.now() - (await guestUptimeSeconds(access, at)) * 1_000;
  return onSince > job.operation.startedAt - CLOCK_SLACK_MS;
}

/** Uptime comes in whole seconds, and a little late. */
const CLOCK_SLACK_MS = 2_000;

function eventsOf(job: Job, step: string) {
  return STEP_EVENTS[job.operation.kind]?.[step] ?? [];
}

async function choicesOf(job: Job, step: string): Promise<Choice[]> {
  const all = await chosen(job.deps, job.service.id);
  if (job.operation.kind === "script") return all.filter(({ choice }) => choice.id === job.facts.choice);
  return eventsOf(job, step).flatMap((event) => all.filter((one) => one.choice.event === event && isRun(one)));
}

/** The row of a run; its id follows from what it is of, so that it is the same one however often this is asked. */
async function freshRun(job: Job, step: string, { choice, script }: Choice): Promise<RunRow> {
  return {
    id: await runIdOf(job.operation.id, step, choice.id),
    tenantId: job.operation.tenantId,
    serviceId: job.service.id,
    scriptName: script.name,
    operationId: job.operation.id,
    event: choice.event,
    state: "waiting",
    exitCode: null,
    code: null,
    output: "",
    startedAt: job.deps.now(),
    endedAt: null,
  };
}

async function takeOn(job: Job, step: string, run: RunRow, choice: Choice): Promise<Progress> {
  try {
    return run.state === "waiting" ? await beginRun(job, step, run, choice) : await followRun(job, run, choice);
  } catch (error) {
    if (error instanceof Superseded) throw error;
    return explainRun(job, step, run, error);
  }
}

/** Looks whether an agent answers, and hands the script to it. */
async function beginRun(job: Job, step: string, run: RunRow, choice: Choice): Promise<Progress> {
  if (timeLeft(job, step) <= 0) return endRun(job, run, { state: "unreachable", code: "script_late" });
  // The agent that had nothing to say to the one before has nothing to say now.
  if (job.facts[`${step}Silent`] === true) return endRun(job, run, { state: "unreachable", code: "agent_silent" });
  await requireOwnGuest(job, guestAt(job));
  const report = await ask(job, { verb: "look", run: run.id });
  if (!report) return wait(job, step, run);
  const seconds = Math.max(1, Math.floor(Math.min(choice.script.timeoutSeconds * 1_000, timeLeft(job, step)) / 1_000));
  // Noted before it is sent: from here on it may have begun, and only in this boot of the guest.
  await remember(job, {
    [`${run.id}Boot`]: report.boot,
    [`${run.id}At`]: job.deps.now(),
    [`${run.id}Seconds`]: seconds,
  });
  await changeRun(job.deps, run, { state: "running" });
  return followRun(job, run, choice);
}

/** Asks how it goes; where it has not begun, it is begun (again). */
async function followRun(job: Job, run: RunRow, choice: Choice): Promise<Progress> {
  const [boot, sentAt, seconds] = ["Boot", "At", "Seconds"].map((name) => job.facts[`${run.id}${name}`]);
  const isSent = job.facts[`${run.id}Sent`] === true;
  let report = isSent ? await ask(job, { verb: "look", run: run.id }) : null;
  if (!isSent || report?.state === "absent") {
    const text = printfText(await scriptText(job.deps, choice));
    await remember(job, { [`${run.id}Sent`]: true });
    const command = { verb: "start", run: run.id, seconds: Number(seconds), boot: String(boot) } as const;
    report = await ask(job, command, text);
  }
  if (report?.state === "moved" && !isSent) {
    // The guest has restarted since it was looked at, and has not begun: it may, in the boot that it is in now.
    await remember(job, { [`${run.id}Sent`]: null, [`${run.id}Boot`]: report.boot });
    return again(RETRY_MS);
  }
  const elapsedMs = job.deps.now() - Number(sentAt);
  if (report && report.state !== "running" && report.state !== "absent") return endRun(job, run, endOf(report));
  if (elapsedMs > Number(seconds) * 1_000 + GRACE_MS) return endRun(job, run, { state: "failed", code: "script_lost" });
  return again(Math.min(10_000, Math.max(400, elapsedMs / 8)));
}

function endOf(report: GuestReport): Partial<RunRow> {
  const { state, exitCode, output } = report;
  switch (state) {
    case "ended":
      return exitCode === 0
        ? { state: "succeeded", exitCode, output }
        : { state: "failed", exitCode, output, code: "script_failed" };
    case "late":
      return { state: "failed", output, code: "script_late" };
    case "unable":
      return { state: "failed", output, code: "agent_refused" };
    default:
      return { state: "failed", output, code: "script_lost" };
  }
}

async function endRun(job: Job, run: RunRow, end: Partial<RunRow>): Promise<Progress> {
  await changeRun(job.deps, run, { ...end, endedAt: job.deps.now() });
  return again(0);
}

/** What an error means for a run: worth another look while there is time, or its end. */
async function explainRun(job: Job, step: string, run: RunRow, error: unknown): Promise<Progress> {
  const trouble = agentTrouble(error);
  const isWaiting = run.state === "waiting";
  const { id: operationId } = job.operation;
  job.deps.log("info", "script_retried", { operationId, run: run.id, error: String(error).slice(0, 300) });
  if (error instanceof AppError)
    return endRun(job, run, { state: isWaiting ? "unreachable" : "failed", code: error.code });
  if (trouble === "refused") return endRun(job, run, { state: "unreachable", code: "agent_refused" });
  // A machine that is off has cut off what ran in it.
  if (trouble === "off" && !isWaiting) return endRun(job, run, { state: "failed", code: "script_lost" });
  if (isWaiting) return wait(job, step, run);
  const [at, seconds] = ["At", "Seconds"].map((name) => Number(job.facts[`${run.id}${name}`]));
  if (job.deps.now() > (at ?? 0) + (seconds ?? 0) * 1_000 + GRACE_MS)
    return endRun(job, run, { state: "failed", code: "script_lost" });
  return again(RETRY_MS);
}

const RETRY_MS = 1_000;

async function wait(job: Job, step: string, run: RunRow): Promise<Progress> {
  const { now, config } = job.deps;
  const patienceMs = SILENCE_MS[run.event as keyof typeof SILENCE_MS] ?? config.STEP_BUDGET_MS;
  const isOver = now() > run.startedAt + Math.min(patienceMs, config.STEP_BUDGET_MS) || timeLeft(job, step) <= 0;
  if (!isOver) return again(RETRY_MS);
  await remember(job, { [`${step}Silent`]: true });
  return endRun(job, run, { state: "unreachable", code: "agent_silent" });
}

/** Milliseconds that the scripts of a step have left together. */
function timeLeft(job: Job, step: string): number {
  if (!eventsOf(job, step).includes("before_shutdown")) return Number.POSITIVE_INFINITY;
  return startOf(job, step) + Math.min(BEFORE_SHUTDOWN_MS, job.deps.config.STEP_BUDGET_MS) - job.deps.now();
}

function startOf(job: Job, step: string): number {
  return job.operation.steps.find(({ name }) => name === step)?.startedAt ?? job.deps.now();
}

/** All have ended. The operation keeps the first that came to nothing, as what went wrong on the way. */
async function finish(job: Job): Promise<Progress> {
  const runs = await closeRuns(job.deps, job.operation.id);
  const failed = runs.find((run) => run.state !== "succeeded");
  const code = (failed?.code ?? "script_failed") as ErrorCode;
  const params = { script: failed?.scriptName ?? "" };
  if (job.operation.kind === "script") {
    if (runs.length === 0) throw new AppError("script_unavailable");
    if (failed) throw new AppError(code, params);
  } else if (failed) {
    await save(job, { errorCode: code, errorParams: params });
  }
  return DONE;
}

/** How often, and after how many milliseconds, an answer is looked for: a look is done in much less. */
const LOOKS = 12;
const LOOK_MS = 150;

/** Has the guest's shell do something that ends at once; null where it did not end, or said something else. */
async function ask(job: Job, command: GuestCommand, input?: string): Promise<GuestReport | null> {
  const [access, at] = [await provisioner(job), guestAt(job)];
  const pid = await execInGuest(access, at, guestCommand(command), input);
  for (let look = 1; look <= LOOKS; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const answer = await execAnswer(access, at, pid);
    if (answer) return readReport(answer.output);
  }
  return null;
}
