// The root address: leads a person to where they belong, and a failed mail link to its explanation.
import { Navigate, useLocation, useSearchParams } from "@solidjs/router";
import { Match, Switch } from "solid-js";
import { problemOf } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { useMe } from "../../queries.ts";
import { Page } from "../../ui/page.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { homeOf } from "./session.tsx";

export function Home() {
  const [search] = useSearchParams();
  const location = useLocation();
  if (search["error"]) return <Navigate href={`/link-failed${location.search}`} />;
  const me = useMe();
  return (
    <Switch>
      <Match when={me.data}>{(data) => <Navigate href={homeOf(data())} />}</Match>
      <Match when={me.isError && problemOf(me.error).code !== "not_signed_in"}>
        <Page title={t("broken.title")} narrow>
          <ProblemNote problem={problemOf(me.error)} />
        </Page>
      </Match>
    </Switch>
  );
}
