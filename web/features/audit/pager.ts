// Entries page after page: the first for a filter, more at the reader's wish.
import { createEffect, createSignal, on } from "solid-js";
import type { AuditEntryView, AuditPage } from "../../../worker/rules/views-audit.ts";
import type { Problem } from "../../../worker/rules/views.ts";
import { problemOf } from "../../api.ts";

/** Loads anew whenever `question` changes; what a question asked before is answered with is dropped. */
export function createPager<Q>(question: () => Q, load: (question: Q, before: string | null) => Promise<AuditPage>) {
  const [entries, setEntries] = createSignal<AuditEntryView[]>([]);
  const [next, setNext] = createSignal<string | null>(null);
  const [state, setState] = createSignal<"first" | "more" | "idle">("first");
  const [problem, setProblem] = createSignal<Problem | null>(null);
  let asked = 0;

  async function fetchPage(before: string | null) {
    const mine = ++asked;
    setState(before === null ? "first" : "more");
    setProblem(null);
    try {
      const page = await load(question(), before);
      if (mine !== asked) return;
      setEntries((known) => (before === null ? page.entries : [...known, ...page.entries]));
      setNext(page.next);
    } catch (thrown) {
      if (mine !== asked) return;
      setProblem(problemOf(thrown));
      if (before === null) setEntries([]);
    }
    setState("idle");
  }

  createEffect(
    on(
      () => JSON.stringify(question()),
      () => void fetchPage(null),
    ),
  );
  return { entries, next, state, problem, reload: () => fetchPage(null), more: () => fetchPage(next()) };
}
