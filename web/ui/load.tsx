// Shows a query's data, a skeleton while there is none, or the failure with a way to try again.
import RotateCw from "lucide-solid/icons/rotate-cw";
import { Match, Switch, type JSX } from "solid-js";
import { problemOf } from "../api.ts";
import { t } from "../i18n/language.ts";
import { Button } from "./button.tsx";
import { Skeleton } from "./page.tsx";
import { ProblemNote } from "./problem.tsx";

interface Query<T> {
  isPending: boolean;
  isError: boolean;
  isFetching: boolean;
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

interface LoadProps<T> {
  query: Query<T>;
  skeleton?: JSX.Element;
  /** Stands around skeleton and failure, where the page's head comes with the data: gets a title for the meantime. */
  frame?: (title: string, inner: JSX.Element) => JSX.Element;
  children: (data: () => T) => JSX.Element;
}

export function Load<T>(props: LoadProps<T>) {
  const framed = (title: string, inner: JSX.Element) => (props.frame ? props.frame(title, inner) : inner);
  return (
    <Switch>
      <Match when={props.query.isPending}>{framed("…", props.skeleton ?? <Skeleton />)}</Match>
      <Match when={props.query.data !== undefined}>{props.children(() => props.query.data as T)}</Match>
      <Match when={props.query.isError}>
        {framed(failureTitle(props.query.error), <Failure query={props.query} />)}
      </Match>
    </Switch>
  );
}

function Failure(props: { query: Query<unknown> }) {
  return (
    <ProblemNote
      problem={problemOf(props.query.error)}
      action={
        <Button small icon={RotateCw} busy={props.query.isFetching} onClick={() => props.query.refetch()}>
          {t("action.tryAgain")}
        </Button>
      }
    />
  );
}

function failureTitle(error: unknown): string {
  return t(problemOf(error).code === "not_found" ? "notFound.title" : "broken.title");
}
