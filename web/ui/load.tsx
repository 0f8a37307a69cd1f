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

export function Load<T>(props: { query: Query<T>; skeleton?: JSX.Element; children: (data: () => T) => JSX.Element }) {
  return (
    <Switch>
      <Match when={props.query.isPending}>{props.skeleton ?? <Skeleton />}</Match>
      <Match when={props.query.data !== undefined}>{props.children(() => props.query.data as T)}</Match>
      <Match when={props.query.isError}>
        <ProblemNote
          problem={problemOf(props.query.error)}
          action={
            <Button small icon={RotateCw} busy={props.query.isFetching} onClick={() => props.query.refetch()}>
              {t("action.tryAgain")}
            </Button>
          }
        />
      </Match>
    </Switch>
  );
}
