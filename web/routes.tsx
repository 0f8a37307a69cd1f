// Every page and its address; each page is a chunk of its own, fetched when it is first opened.
import { Navigate, Route, Router, useLocation, useNavigate } from "@solidjs/router";
import { QueryClientProvider } from "@tanstack/solid-query";
import { ErrorBoundary, lazy, Suspense, type ParentProps } from "solid-js";
import { onSessionEnded } from "./api.ts";
import { Dress } from "./brand/dress.tsx";
import { Frame, PersonalFrame } from "./features/frame/frame.tsx";
import { Home } from "./features/frame/home.tsx";
import { Broken, NotFound } from "./features/frame/not-found.tsx";
import { queryClient } from "./queries.ts";
import { Toasts } from "./ui/toast.tsx";

const SignIn = lazy(() => import("./features/account/sign-in.tsx"));
const SignUp = lazy(() => import("./features/account/sign-up.tsx"));
const Forgot = lazy(() => import("./features/account/forgot.tsx"));
const Reset = lazy(() => import("./features/account/reset.tsx"));
const LinkFailed = lazy(() => import("./features/account/link-failed.tsx"));
const Overview = lazy(() => import("./features/overview/overview.tsx"));
const Launch = lazy(() => import("./features/launch/launch.tsx"));
const Services = lazy(() => import("./features/services/list.tsx"));
const Service = lazy(() => import("./features/service/service.tsx"));
const Backups = lazy(() => import("./features/copies/backups.tsx"));
const Schedules = lazy(() => import("./features/schedules/schedules.tsx"));
const Activity = lazy(() => import("./features/operations/activity.tsx"));
const Operation = lazy(() => import("./features/operations/operation.tsx"));
const Tenants = lazy(() => import("./features/reseller/tenants.tsx"));
const Child = lazy(() => import("./features/reseller/child.tsx"));
const Requests = lazy(() => import("./features/reseller/requests.tsx"));
const Usage = lazy(() => import("./features/reseller/usage.tsx"));
const Storefront = lazy(() => import("./features/storefront/storefront.tsx"));
const Quota = lazy(() => import("./features/quota/quota.tsx"));
const Join = lazy(() => import("./features/account/join.tsx"));
const Console = lazy(() => import("./features/console/console.tsx"));
const TerminalPage = lazy(() => import("./features/console/terminal-page.tsx"));
const Team = lazy(() => import("./features/team/team.tsx"));
const Settings = lazy(() => import("./features/team/settings.tsx"));
const Keys = lazy(() => import("./features/keys/keys.tsx"));
const Audit = lazy(() => import("./features/audit/audit.tsx"));
const OwnAudit = lazy(() => import("./features/audit/own-audit.tsx"));
const PlatformAudit = lazy(() => import("./features/operator/audit.tsx"));
const PlatformTeam = lazy(() => import("./features/operator/team.tsx"));
const Findings = lazy(() => import("./features/operator/findings.tsx"));
const Security = lazy(() => import("./features/security/security.tsx"));
const SshKeys = lazy(() => import("./features/ssh-keys/ssh-keys.tsx"));
const Invitation = lazy(() => import("./features/invitations/invitation.tsx"));
const Welcome = lazy(() => import("./features/invitations/welcome.tsx"));
const Clusters = lazy(() => import("./features/operator/clusters.tsx"));
const Templates = lazy(() => import("./features/operator/templates.tsx"));
const Scripts = lazy(() => import("./features/scripts/scripts.tsx"));
const ScriptEditor = lazy(() => import("./features/scripts/editor.tsx"));
const Images = lazy(() => import("./features/operator/images.tsx"));
const Plans = lazy(() => import("./features/operator/plans.tsx"));
const Capacity = lazy(() => import("./features/operator/capacity.tsx"));

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <Router root={Shell}>
        <Route path="/" component={Home} />
        <Route path="/sign-in" component={SignIn} />
        <Route path="/sign-up" component={SignUp} />
        <Route path="/forgot-password" component={Forgot} />
        <Route path="/reset-password" component={Reset} />
        <Route path="/link-failed" component={LinkFailed} />
        <Route path="/invitation" component={Invitation} />
        <Route path="/join/:link" component={Join} />
        <Route path="/console/:tenant/:service" component={Console} />
        <Route path="/terminal/:tenant/:service" component={TerminalPage} />
        <Route path="/t/:tenant" component={Frame}>
          <Route path="/" component={Overview} />
          <Route path="/launch" component={Launch} />
          <Route path="/services" component={Services} />
          <Route path="/services/:service/:tab?" component={Service} />
          <Route path="/backups" component={Backups} />
          <Route path="/schedules" component={Schedules} />
          <Route path="/operations" component={Activity} />
          <Route path="/operations/:operation" component={Operation} />
          <Route path="/quota" component={Quota} />
          <Route path="/tenants" component={Tenants} />
          <Route path="/tenants/:child" component={Child} />
          <Route path="/requests" component={Requests} />
          <Route path="/usage" component={Usage} />
          <Route path="/storefront" component={Storefront} />
          <Route path="/team" component={Team} />
          <Route path="/keys" component={Keys} />
          <Route path="/settings" component={Settings} />
          <Route path="/audit" component={Audit} />
          <Route path="/*rest" component={NotFound} />
        </Route>
        <Route path="/" component={PersonalFrame}>
          <Route path="/account/security" component={Security} />
          <Route path="/account/ssh-keys" component={SshKeys} />
          <Route path="/account/audit" component={OwnAudit} />
          <Route path="/welcome" component={Welcome} />
        </Route>
        <Route path="/operator" component={Frame}>
          <Route path="/" component={() => <Navigate href="/operator/clusters" />} />
          <Route path="/clusters" component={Clusters} />
          <Route path="/templates" component={Templates} />
          <Route path="/scripts" component={Scripts} />
          <Route path="/scripts/:script" component={ScriptEditor} />
          <Route path="/images" component={Images} />
          <Route path="/plans" component={Plans} />
          <Route path="/tenants" component={Tenants} />
          <Route path="/findings" component={Findings} />
          <Route path="/tenants/:child" component={Child} />
          <Route path="/requests" component={Requests} />
          <Route path="/usage" component={Usage} />
          <Route path="/capacity" component={Capacity} />
          <Route path="/storefront" component={Storefront} />
          <Route path="/team" component={PlatformTeam} />
          <Route path="/audit" component={PlatformAudit} />
          <Route path="/*rest" component={NotFound} />
        </Route>
        <Route path="*rest" component={NotFound} />
      </Router>
    </QueryClientProvider>
  );
}

/** Around every page: the way to the sign-in when a session ends, the last resort for a page that breaks, the toasts. */
function Shell(props: ParentProps) {
  const navigate = useNavigate();
  const location = useLocation();
  onSessionEnded(() => {
    if (PUBLIC.some((path) => location.pathname.startsWith(path))) return;
    const here = location.pathname + location.search;
    queryClient.clear();
    navigate(here === "/" ? "/sign-in" : `/sign-in?to=${encodeURIComponent(here)}`, { replace: true });
  });
  return (
    <>
      <Dress />
      <ErrorBoundary fallback={(thrown, reset) => <Broken thrown={thrown} reset={reset} />}>
        <Suspense>{props.children}</Suspense>
      </ErrorBoundary>
      <Toasts />
    </>
  );
}

const PUBLIC = ["/sign-in", "/sign-up", "/forgot-password", "/reset-password", "/link-failed", "/invitation", "/join"];
