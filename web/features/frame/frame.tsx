// The frame around every page of the portal: rail, bar on phones, the feed of the tenant, the command palette.
import { A, useLocation, useParams } from "@solidjs/router";
import {
  createEffect,
  createSignal,
  lazy,
  Match,
  on,
  onCleanup,
  Show,
  Suspense,
  Switch,
  type ParentProps,
} from "solid-js";
import { problemOf } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { keys, queryClient, useMe } from "../../queries.ts";
import { Page, Skeleton } from "../../ui/page.tsx";
import { offerRemedy, ProblemNote } from "../../ui/problem.tsx";
import { applyEvent, offerOnFailure, resume } from "../feed/apply.ts";
import { openFeed } from "../feed/connection.ts";
import { wish } from "../quota/ask.ts";
import { question } from "../services/ask.ts";
import { forceStopFor } from "../services/ignored.ts";
import { NotFound } from "./not-found.tsx";
import { PaletteDialog } from "./palette-dialog.tsx";
import { BottomBar, Rail, TopBar } from "./rail.tsx";
import { rememberTenant, SessionProvider, useSession, type Tenant } from "./session.tsx";
import styles from "./frame.module.css";

const AskDialog = lazy(() => import("../quota/ask-dialog.tsx"));
const AskRemedy = lazy(() => import("../quota/remedy.tsx"));
offerRemedy((rows) => (
  <Suspense>
    <AskRemedy rows={rows} />
  </Suspense>
));
const ServiceQuestions = lazy(() => import("../services/questions.tsx"));
offerOnFailure(forceStopFor);
const SecondFactorWall = lazy(() => import("../security/wall.tsx"));

/** Around the pages of a person, who may belong to no tenant. */
export function PersonalFrame(props: ParentProps) {
  return <Frame personal>{props.children}</Frame>;
}

export function Frame(props: ParentProps<{ personal?: boolean }>) {
  const me = useMe();
  const params = useParams<{ tenant?: string }>();
  return (
    <Switch>
      <Match when={me.data}>
        {(data) => (
          <SessionProvider me={data()} tenantId={params.tenant}>
            <Layout tenantId={params.tenant} personal={props.personal ?? false}>
              {props.children}
            </Layout>
          </SessionProvider>
        )}
      </Match>
      <Match when={me.isError && problemOf(me.error).code !== "not_signed_in"}>
        <Page title={t("broken.title")} narrow>
          <ProblemNote problem={problemOf(me.error)} />
        </Page>
      </Match>
    </Switch>
  );
}

function Layout(props: ParentProps<{ tenantId: string | undefined; personal: boolean }>) {
  const { me, tenant } = useSession();
  const location = useLocation();
  const [searching, setSearching] = createSignal(false);
  /** Name of the tenant whose pages stay shut before a second factor is shown. */
  const walled = () => (props.tenantId !== undefined && tenant()?.secondFactorMissing ? tenant()?.name : undefined);

  createEffect(
    on(
      () => (tenant()?.secondFactorMissing ? undefined : tenant()?.id),
      (id) => {
        if (!id) return;
        rememberTenant(id);
        const close = openFeed(id, {
          onEvent: (event) => applyEvent(id, event),
          onResume: () => resume(id),
          // Asking who is signed in leads to the sign-in when nobody is.
          onSignedOut: () => void queryClient.invalidateQueries({ queryKey: keys.me }),
        });
        onCleanup(close);
      },
    ),
  );

  /** The overview of an organisation that waits for approval tells so in full. */
  const isWaitingPage = () => tenant()?.status === "pending" && location.pathname === `/t/${tenant()?.id}`;

  const search = () => setSearching(true);
  const onKey = (event: KeyboardEvent) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    search();
  };
  addEventListener("keydown", onKey);
  onCleanup(() => removeEventListener("keydown", onKey));

  // Screen readers and the keyboard follow to the new page.
  createEffect(
    on(
      () => location.pathname,
      () => queueMicrotask(() => document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true })),
      { defer: true },
    ),
  );

  return (
    <div class={styles.frame}>
      <a href="#content" class={styles.skip}>
        {t("frame.skip")}
      </a>
      <Rail onSearch={search} />
      <TopBar onSearch={search} />
      <main id="content" class={styles.content}>
        <Show when={me().invitations > 0 && location.pathname !== "/welcome"}>
          <p class={styles.invited} role="status">
            {t("welcome.banner")} <A href="/welcome">{t("welcome.see")}</A>
          </p>
        </Show>
        <Show when={props.tenantId !== undefined && !isWaitingPage() && heldWords(tenant())}>
          {(words) => (
            <p class={styles.banner} role="status">
              {words()}
            </p>
          )}
        </Show>
        <Show
          when={props.personal || (props.tenantId === undefined && me().operator) || tenant()}
          fallback={<NotFound />}
          keyed={false}
        >
          <Suspense fallback={<Skeleton rows={5} />}>
            <Show when={walled()} fallback={props.children}>
              {(name) => <SecondFactorWall tenantName={name()} />}
            </Show>
          </Suspense>
        </Show>
      </main>
      <BottomBar />
      <Show when={props.tenantId !== undefined && tenant() && wish() !== null ? tenant()?.id : undefined}>
        {(id) => (
          <Suspense>
            <AskDialog tenantId={id()} />
          </Suspense>
        )}
      </Show>
      <Show when={props.tenantId !== undefined && question() !== undefined ? tenant()?.id : undefined}>
        {(id) => (
          <Suspense>
            <ServiceQuestions tenantId={id()} />
          </Suspense>
        )}
      </Show>
      <PaletteDialog open={searching()} onClose={() => setSearching(false)} />
    </div>
  );
}

/** Why an organisation cannot be used as usual; null where it can. */
function heldWords(tenant: Tenant | null): string | null {
  if (!tenant || tenant.open) return null;
  if (tenant.status === "deleting") return t("tenants.deletingNote");
  const code = tenant.status === "pending" ? "tenant_pending" : "tenant_suspended";
  return `${t(`error.${code}`)} · ${t(`error.${code}.help`)}`;
}
