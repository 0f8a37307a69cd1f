// State of a form: values, what is wrong with which field, the request under way, and the refusal that it got.
import { createEffect, createMemo, createSignal, on } from "solid-js";
import { createStore, type SetStoreFunction } from "solid-js/store";
import type { Problem } from "../../worker/rules/views.ts";
import { problemOf } from "../api.ts";
import type { Params } from "../i18n/fill-in.ts";
import { fieldWords } from "../i18n/words.ts";

/** What is wrong with a field: a code of the dictionary (`field.…`), with its parameters where it has any. */
export interface Fault {
  code: string;
  params?: Params;
}
export type FieldErrors = Record<string, Fault>;

/** A form over a flat record of values. Field names are the last parts of the JSON pointers that the Worker answers with. */
export function createForm<T extends object>(initial: T, check: (values: T) => FieldErrors = () => ({})) {
  const [values, setWhole] = createStore<T>({ ...initial });
  // The store's own type cannot tell that a part of a flat record is a fitting update for it.
  const setValues = setWhole as unknown as SetStoreFunction<object>;
  const [errors, setErrors] = createSignal<FieldErrors>({});
  const [problem, setProblem] = createSignal<Problem | null>(null);
  const [busy, setBusy] = createSignal(false);
  let element: HTMLFormElement | undefined;

  function set(field: keyof T & string, value: unknown) {
    setValues({ [field]: value });
    setErrors(({ [field]: _gone, ...rest }) => rest);
  }

  /** Checks, sends, and keeps what went wrong; the values stay as they are. */
  async function submit(event: SubmitEvent, request: (values: T) => Promise<unknown>): Promise<boolean> {
    event.preventDefault();
    element = event.currentTarget as HTMLFormElement;
    if (busy()) return false;
    const found = check({ ...values });
    setErrors(found);
    setProblem(null);
    if (Object.keys(found).length > 0) {
      focusFirst();
      return false;
    }
    return attempt(() => request({ ...values }));
  }

  /** Sends something that needs none of the values, and keeps what went wrong. */
  async function attempt(request: () => Promise<unknown>): Promise<boolean> {
    if (busy()) return false;
    setProblem(null);
    setBusy(true);
    try {
      await request();
      return true;
    } catch (thrown) {
      const refusal = problemOf(thrown);
      setErrors(pointedErrors(refusal));
      setProblem(refusal);
      focusFirst();
      return false;
    } finally {
      setBusy(false);
    }
  }

  function focusFirst() {
    queueMicrotask(() => element?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
  }

  function reset(next: T = initial) {
    setValues({ ...next });
    setErrors({});
    setProblem(null);
  }

  /** Whatever is wrong is wrong with a field that stands in the form. */
  function isToldByFields(): boolean {
    const names = Object.keys(errors());
    return names.length > 0 && names.every((name) => name in values);
  }

  return {
    values,
    set,
    submit,
    attempt,
    reset,
    busy,
    /** The refusal, unless it is told whole by the fields. */
    problem: () => (problem()?.code === "validation_failed" && isToldByFields() ? null : problem()),
    /** What is wrong with a field, in words. */
    error: (field: keyof T & string) => {
      const fault = errors()[field];
      return fault ? fieldWords(fault.code, fault.params) : undefined;
    },
  };
}

/** `#/login/user` → `user`: the last part of each pointer, with its code. */
export function pointedErrors(problem: Problem): FieldErrors {
  return Object.fromEntries(
    (problem.errors ?? []).map((row) => [
      row.pointer.split("/").at(-1) ?? "",
      { code: row.code, params: row.params ?? {} },
    ]),
  );
}

/**
 * Calls back where what a form is about has changed in itself: `about` tells it in values that can be written as JSON. What is shown is told
 * anew every few seconds, mostly the same, and what is being typed must stay.
 */
export function onChange(about: () => unknown, begin: () => void): void {
  const known = createMemo(() => JSON.stringify(about()));
  createEffect(on(known, begin, { defer: true }));
}
