// Second step of a launch: a plan or a size of one's own, with the quota as it would be.
import ArrowRight from "lucide-solid/icons/arrow-right";
import { createEffect, createSignal, createUniqueId, For, onCleanup, Show } from "solid-js";
import { previewLaunch } from "../../../worker/rules/quota.ts";
import type { QuotaPreview, TemplateView } from "../../../worker/rules/views.ts";
import { api, type Size } from "../../api.ts";
import { memory, number, t, type Key } from "../../i18n/language.ts";
import { sizeText } from "../../i18n/words.ts";
import { Button } from "../../ui/button.tsx";
import { QuotaMeters } from "../../ui/meter.tsx";
import { Aside, Main, Split } from "../../ui/split.tsx";
import { QuotaRefusal } from "../quota/effect.tsx";
import type { StepProps } from "./launch.tsx";
import { fitsTemplate, sizeProblems } from "./state.ts";
import styles from "./launch.module.css";
import { useData } from "../../use-data.ts";

/** Time without a change after which the Worker is asked to confirm; sliders move faster than it needs to know. */
const SETTLE_MS = 350;

export function SizeStep(props: StepProps) {
  const template = () =>
    props.catalogue.templates.find((candidate) => candidate.id === props.state.templateId) as TemplateView;
  const problems = () => sizeProblems(props.state.size, template(), props.catalogue.bounds);
  const possible = () => Object.keys(problems()).length === 0;
  const local = () => previewLaunch(props.quota, props.state.size);
  const confirmed = useConfirmedPreview(props, possible);
  // The Worker's word counts where it has spoken on this very size; the local sum is at hand before.
  const preview = () => confirmed() ?? local();
  const asked = () => Object.fromEntries(preview().resources.map((row) => [row.resource, row.asked]));
  const plans = () => props.catalogue.plans;

  return (
    <div class={styles.step}>
      <h2 tabIndex={-1}>{t("launch.chooseSize", { name: template().name })}</h2>
      <Split>
        <Main>
          <Show when={plans().length > 0}>
            <ul class={styles.plans} aria-label={t("launch.plans")}>
              <For each={plans()}>
                {(plan) => {
                  const fits = () => fitsTemplate(plan, template());
                  const room = () => previewLaunch(props.quota, plan).allowed;
                  return (
                    <li>
                      <button
                        type="button"
                        class={styles.plan}
                        data-plan-id={plan.id}
                        aria-pressed={props.state.planId === plan.id}
                        disabled={!fits()}
                        onClick={() => props.dispatch({ type: "plan", plan })}
                      >
                        <b>{plan.name}</b>
                        <span class="figures">{t("launch.planCores", { count: number(plan.cores) })}</span>
                        <span class="figures">{t("launch.planMemory", { amount: memory(plan.memoryMiB) })}</span>
                        <span class="figures">{t("launch.planDisk", { amount: `${number(plan.diskGiB)} GiB` })}</span>
                        <Show
                          when={!fits()}
                          fallback={
                            <Show when={!room()}>{<small class={styles.warn}>{t("launch.planNoRoom")}</small>}</Show>
                          }
                        >
                          <small>{t("launch.planTooSmall")}</small>
                        </Show>
                      </button>
                    </li>
                  );
                }}
              </For>
            </ul>
          </Show>
          <fieldset class={`card ${styles.own}`}>
            <legend class="visually-hidden">{t("launch.ownSize")}</legend>
            <h3 aria-hidden="true">{t("launch.ownSize")}</h3>
            <For each={PARTS}>
              {(part) => (
                <SizeRow
                  part={part}
                  value={props.state.size[part]}
                  least={Math.max(props.catalogue.bounds[part][0], leastOf(template())[part])}
                  most={props.catalogue.bounds[part][1]}
                  problem={problems()[part]}
                  onValue={(value) => props.dispatch({ type: "size", size: { [part]: value } })}
                />
              )}
            </For>
          </fieldset>
        </Main>
        <Aside
          aria-label={t("quota.after")}
          data-preview={confirmed() ? "confirmed" : "local"}
          data-allowed={preview().allowed}
        >
          <h3>{t("quota.after")}</h3>
          <QuotaMeters rows={props.quota} asked={asked()} only={preview().resources.map((row) => row.resource)} />
          <QuotaRefusal preview={preview()} />
          <p class="small quiet figures">{sizeText(props.state.size)}</p>
          <Button
            variant="primary"
            icon={ArrowRight}
            disabled={!possible() || !preview().allowed}
            onClick={() => props.go(3)}
          >
            {t("action.continue")}
          </Button>
        </Aside>
      </Split>
    </div>
  );
}

interface RowProps {
  part: keyof Size;
  value: number;
  least: number;
  most: number;
  problem: { code: "min" | "max"; value: number } | undefined;
  onValue: (value: number) => void;
}

function SizeRow(props: RowProps) {
  const id = createUniqueId();
  const label = () => t(`size.${LABELS[props.part]}` as Key);
  const words = (value: number) =>
    props.part === "memoryMiB" ? memory(value) : props.part === "diskGiB" ? `${number(value)} GiB` : number(value);
  // Sliders walk in comfortable steps over a range that people use; the number beside takes anything within the bounds.
  const sliderMost = () => Math.min(props.most, Math.max(SLIDER_MOST[props.part], props.least));
  const typed = (text: string) => {
    const value = Math.round(Number(text));
    if (text !== "" && Number.isFinite(value)) props.onValue(value);
  };
  return (
    <div class={styles.sizeRow}>
      <label for={id}>{label()}</label>
      <input
        type="range"
        aria-label={t("size.slider", { part: label() })}
        aria-valuetext={words(props.value)}
        min={props.least}
        max={sliderMost()}
        step={SLIDER_STEP[props.part]}
        value={props.value}
        onInput={(event) => typed(event.currentTarget.value)}
      />
      <span class={styles.sizeNumber}>
        <input
          id={id}
          class="figures"
          type="number"
          inputmode="numeric"
          min={props.least}
          max={props.most}
          step={1}
          value={props.value}
          aria-invalid={props.problem ? "true" : undefined}
          aria-describedby={props.problem ? `${id}-problem` : undefined}
          onInput={(event) => typed(event.currentTarget.value)}
        />
        <span class={styles.unit}>{UNITS[props.part]}</span>
      </span>
      <Show when={props.problem}>
        {(problem) => (
          <p id={`${id}-problem`} class={styles.sizeProblem}>
            {t(problem().code === "min" ? "size.atLeast" : "size.atMost", { amount: words(problem().value) })}
          </p>
        )}
      </Show>
    </div>
  );
}

const PARTS = ["cores", "memoryMiB", "diskGiB"] as const;
const LABELS = { cores: "cores", memoryMiB: "memory", diskGiB: "disk" } as const;
const UNITS = { cores: "vCPU", memoryMiB: "MiB", diskGiB: "GiB" } as const;
const SLIDER_STEP = { cores: 1, memoryMiB: 64, diskGiB: 1 } as const;
const SLIDER_MOST = { cores: 16, memoryMiB: 16_384, diskGiB: 200 } as const;

function leastOf(template: TemplateView): Size {
  return { cores: template.minCores, memoryMiB: template.minMemoryMiB, diskGiB: template.minDiskGiB };
}

/** The Worker's own preview of the present size, once it has settled; null until then. */
function useConfirmedPreview(props: StepProps, possible: () => boolean): () => QuotaPreview | null {
  const [settled, setSettled] = createSignal<Size>(props.state.size);
  createEffect(() => {
    const size = props.state.size;
    const timer = setTimeout(() => setSettled(size), SETTLE_MS);
    onCleanup(() => clearTimeout(timer));
  });
  const query = useData(() => ({
    queryKey: ["tenant", props.tenantId, "preview", settled(), props.quota.map((row) => `${row.used}/${row.limit}`)],
    queryFn: () => api.previewQuota(props.tenantId, settled()),
    enabled: possible(),
    retry: false,
  }));
  return () => (settled() === props.state.size ? (query.data ?? null) : null);
}
