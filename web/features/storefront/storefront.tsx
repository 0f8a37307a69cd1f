// A reseller's front: its name, logo and colour, where people sign up, what new tenants get, and its plans.
import { createEffect, createMemo, createSignal, on, Show } from "solid-js";
import type { StorefrontView } from "../../../worker/rules/views-tree.ts";
import type { SignUpMode } from "../../../worker/rules/views.ts";
import { tenantNameProblem } from "../../../worker/rules/names.ts";
import { PLATFORM } from "../../api-people.ts";
import { treeApi } from "../../api-tree.ts";
import { OWN_HUE } from "../../brand/accent.ts";
import { brand, enterFront, frontLink } from "../../brand/front.ts";
import { t, type Key } from "../../i18n/language.ts";
import { keys, queryClient } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { CopyText } from "../../ui/copy.tsx";
import { CheckField, TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { Load } from "../../ui/load.tsx";
import { Page, Section, Skeleton } from "../../ui/page.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { Segments } from "../../ui/segments.tsx";
import { showToast } from "../../ui/toast.tsx";
import { useData } from "../../use-data.ts";
import { faults } from "../account/checks.ts";
import { useSession } from "../frame/session.tsx";
import { useAbove } from "../reseller/above.ts";
import { Defaults } from "./defaults.tsx";
import { LogoField } from "./logo-field.tsx";
import { PlanList } from "./plan-list.tsx";
import { FrontPreview } from "./preview.tsx";
import { hostProblem, linkFrom, linkProblem } from "./checks.ts";
import styles from "./storefront.module.css";

const MODES: readonly SignUpMode[] = ["closed", "approval", "open"];

export default function Storefront() {
  const above = useAbove();
  const { tenant } = useSession();
  const { id, can } = above;
  const storefront = useData(() => ({ queryKey: keys.storefront(id()), queryFn: () => treeApi.storefront(id()) }));
  return (
    <Page title={t("nav.storefront")}>
      <Show when={can("storefront.manage")}>
        <Load query={storefront} skeleton={<Skeleton rows={6} />}>
          {(data) => (
            <FrontForm
              front={data().storefront}
              tenantId={id()}
              tenantName={above.isPlatform() ? brand().name : (tenant()?.name ?? "")}
            />
          )}
        </Load>
      </Show>
      <Section title={t("defaults.title")}>
        <Defaults of={id()} canChange={can("children.manage")} />
      </Section>
      <Show when={!above.isPlatform()}>
        <Section title={t("nav.plans")} flush>
          <PlanList of={id()} canChange={can("plans.manage")} none={t("plans.noneOfReseller")} />
        </Section>
      </Show>
    </Page>
  );
}

function FrontForm(props: { front: StorefrontView | null; tenantId: string; tenantName: string }) {
  const first = (): StorefrontView & { host: string } => ({
    brandName: props.front?.brandName ?? props.tenantName,
    logo: props.front?.logo ?? null,
    accentHue: props.front?.accentHue ?? null,
    link: props.front?.link ?? linkFrom(props.tenantName),
    host: props.front?.host ?? "",
    signUp: props.front?.signUp ?? "closed",
  });
  const form = createForm(first(), (values) =>
    faults({
      brandName: tenantNameProblem(values.brandName),
      link: linkProblem(values.link),
      host: hostProblem(values.host.trim()),
    }),
  );
  const [hue, setHue] = createSignal(props.front?.accentHue ?? OWN_HUE);
  createEffect(
    on(
      () => props.tenantId,
      () => form.reset(first()),
      { defer: true },
    ),
  );
  const shownHue = createMemo(() => form.values.accentHue);
  const saved = () => props.front;

  async function submit(event: SubmitEvent) {
    const body = (): StorefrontView => ({
      brandName: form.values.brandName.trim(),
      logo: form.values.logo,
      accentHue: form.values.accentHue,
      link: form.values.link.trim(),
      host: form.values.host.trim() === "" ? null : form.values.host.trim().toLowerCase(),
      signUp: form.values.signUp,
    });
    if (!(await form.submit(event, () => treeApi.saveStorefront(props.tenantId, body())))) return;
    void queryClient.invalidateQueries({ queryKey: keys.storefront(props.tenantId) });
    // Whoever came by this front sees the change at once.
    if (frontLink() !== null && frontLink() === saved()?.link)
      enterFront(body().link, { ...body(), name: body().brandName });
    showToast({ tone: "good", text: t("storefront.saved") });
  }

  return (
    <form class={styles.form} novalidate onSubmit={submit}>
      <Section title={t("storefront.brand")}>
        <div class={styles.split}>
          <div class={styles.fields}>
            <TextField
              label={t("storefront.brandName")}
              name="brandName"
              maxLength={60}
              value={form.values.brandName}
              onValue={(value) => form.set("brandName", value)}
              error={form.error("brandName")}
            />
            <LogoField logo={form.values.logo} onLogo={(logo) => form.set("logo", logo)} error={form.error("logo")} />
            <CheckField
              label={t("storefront.ownColour")}
              checked={form.values.accentHue !== null}
              onChecked={(isOwn) => form.set("accentHue", isOwn ? hue() : null)}
            />
            <Show when={form.values.accentHue !== null}>
              <label class={styles.hue}>
                <span>{t("storefront.hue")}</span>
                <input
                  type="range"
                  name="accentHue"
                  min={0}
                  max={359}
                  value={hue()}
                  onInput={(event) => {
                    setHue(event.currentTarget.valueAsNumber);
                    form.set("accentHue", hue());
                  }}
                />
              </label>
              <p class="small quiet">{t("storefront.hueHint")}</p>
            </Show>
          </div>
          <FrontPreview name={form.values.brandName} logo={form.values.logo} hue={shownHue()} />
        </div>
      </Section>
      <Section title={t("storefront.signUp")}>
        <div class={styles.fields}>
          <Segments
            label={t("storefront.signUp")}
            value={form.values.signUp}
            onValue={(mode) => form.set("signUp", mode)}
            options={MODES.map((mode) => ({ value: mode, label: t(`storefront.mode.${mode}` as Key) }))}
          />
          <p class="small quiet">{t(`storefront.mode.${form.values.signUp}.help` as Key)}</p>
          <div class={styles.pair}>
            <TextField
              label={t("storefront.link")}
              hint={t("storefront.linkHint")}
              name="link"
              mono
              maxLength={40}
              value={form.values.link}
              onValue={(value) => form.set("link", value.toLowerCase())}
              error={form.error("link")}
            />
            <TextField
              label={t("storefront.host")}
              hint={t("storefront.hostHint")}
              name="host"
              mono
              optional
              maxLength={253}
              placeholder="cloud.example.com"
              value={form.values.host}
              onValue={(value) => form.set("host", value)}
              error={form.error("host")}
            />
          </div>
          <Show
            when={props.tenantId === PLATFORM ? null : saved()}
            fallback={
              <Show when={saved() === null}>
                <p class="quiet">{t("storefront.notYet")}</p>
              </Show>
            }
          >
            {(front) => (
              <div class={styles.address}>
                <span class="small quiet">{t("storefront.address")}</span>
                <CopyText text={`${location.origin}/join/${front().link}`} />
              </div>
            )}
          </Show>
        </div>
      </Section>
      <ProblemNote problem={form.problem()} />
      <div class={styles.save}>
        <Button type="submit" variant="primary" busy={form.busy()}>
          {saved() ? t("action.save") : t("storefront.open")}
        </Button>
      </div>
    </form>
  );
}
