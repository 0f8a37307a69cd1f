// `/join/<link>`: the door of a reseller's front; dresses the page in its brand and offers to sign up, or to sign in.
import { A, useParams } from "@solidjs/router";
import { createEffect, Match, Switch } from "solid-js";
import { problemOf } from "../../api.ts";
import { enterFront, frontLink } from "../../brand/front.ts";
import { t } from "../../i18n/language.ts";
import { useConfig } from "../../queries.ts";
import { ProblemNote } from "../../ui/problem.tsx";
import { AccountPage } from "./layout.tsx";
import SignUp from "./sign-up.tsx";
import styles from "./account.module.css";

export default function Join() {
  const params = useParams<{ link: string }>();
  const config = useConfig(() => params.link);
  const found = () => config.data?.storefront === params.link;
  createEffect(() => {
    if (config.data && found()) enterFront(params.link, config.data.brand);
  });
  return (
    <Switch>
      <Match when={found() && frontLink() === params.link}>
        <SignUp />
      </Match>
      <Match when={config.data || (config.isError && problemOf(config.error).code === "not_found")}>
        <AccountPage title={t("join.gone")} foot={<A href="/sign-in">{t("signIn.title")}</A>}>
          <p class={styles.lead}>{t("join.goneText")}</p>
        </AccountPage>
      </Match>
      <Match when={config.isError}>
        <AccountPage title={t("broken.title")}>
          <ProblemNote problem={problemOf(config.error)} />
        </AccountPage>
      </Match>
    </Switch>
  );
}
