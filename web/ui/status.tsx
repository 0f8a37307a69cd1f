// Status marks: each has its own shape, colour and word, so that none of the three is needed to tell them apart.
import { Match, Switch } from "solid-js";
import type { OperationStatus, OperationView, ServiceView } from "../../worker/rules/views.ts";
import { isCalledOff, operationStatus, serviceStatus } from "../i18n/words.ts";
import styles from "./status.module.css";

type Shape = "disc" | "square" | "bars" | "ring" | "triangle" | "turn" | "tick";
type Tone = "good" | "warn" | "bad" | "rest" | "busy";

/** A shape and a word. */
export function Status(props: { shape: Shape; tone: Tone; word: string }) {
  return (
    <span class={`${styles.status} ${styles[props.tone]}`}>
      <Mark shape={props.shape} />
      <span>{props.word}</span>
    </span>
  );
}

export function ServiceStatus(props: { service: Pick<ServiceView, "state" | "power"> }) {
  const look = (): [Shape, Tone] => {
    const { state, power } = props.service;
    if (state === "creating" || state === "deleting") return ["turn", "busy"];
    if (state === "failed") return ["triangle", "bad"];
    if (power === "running") return ["disc", "good"];
    if (power === "paused") return ["bars", "warn"];
    return power === "stopped" ? ["square", "rest"] : ["ring", "rest"];
  };
  return <Status shape={look()[0]} tone={look()[1]} word={serviceStatus(props.service)} />;
}

const OPERATION_LOOKS: Record<OperationStatus, [Shape, Tone]> = {
  queued: ["ring", "busy"],
  running: ["turn", "busy"],
  succeeded: ["tick", "good"],
  reverting: ["turn", "warn"],
  reverted: ["triangle", "bad"],
  failed: ["triangle", "bad"],
};

/** What was called off has not failed: somebody wanted it so. */
export function OperationMark(props: { operation: Pick<OperationView, "status" | "error"> }) {
  const look = (): [Shape, Tone] =>
    isCalledOff(props.operation) ? ["square", "rest"] : OPERATION_LOOKS[props.operation.status];
  return <Status shape={look()[0]} tone={look()[1]} word={operationStatus(props.operation)} />;
}

/** The bare shape, 12 px, for places where the word stands elsewhere. */
export function Mark(props: { shape: Shape }) {
  return (
    <svg class={`${styles.mark} ${props.shape === "turn" ? "turning" : ""}`} viewBox="0 0 12 12" aria-hidden="true">
      <Switch>
        <Match when={props.shape === "disc"}>
          <circle cx="6" cy="6" r="4.5" fill="currentColor" />
        </Match>
        <Match when={props.shape === "square"}>
          <rect
            x="2.25"
            y="2.25"
            width="7.5"
            height="7.5"
            rx="1"
            fill="none"
            stroke="currentColor"
            stroke-width="1.5"
          />
        </Match>
        <Match when={props.shape === "bars"}>
          <path d="M4 2v8M8 2v8" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
        </Match>
        <Match when={props.shape === "ring"}>
          <circle
            cx="6"
            cy="6"
            r="4.25"
            fill="none"
            stroke="currentColor"
            stroke-width="1.5"
            stroke-dasharray="2.2 2.2"
          />
        </Match>
        <Match when={props.shape === "triangle"}>
          <path d="M6 1.2 11.4 11H.6z" fill="currentColor" />
        </Match>
        <Match when={props.shape === "turn"}>
          <circle cx="6" cy="6" r="4.25" fill="none" stroke="currentColor" stroke-width="1.5" opacity=".3" />
          <path
            d="M6 1.75A4.25 4.25 0 0 1 10.25 6"
            fill="none"
            stroke="currentColor"
            stroke-width="1.5"
            stroke-linecap="round"
          />
        </Match>
        <Match when={props.shape === "tick"}>
          <path
            d="m2 6.4 2.8 2.8L10 3.4"
            fill="none"
            stroke="currentColor"
            stroke-width="1.8"
            stroke-linecap="round"
            stroke-linejoin="round"
          />
        </Match>
      </Switch>
    </svg>
  );
}
