// One finding: what it means in a sentence, whom it concerns, and the repairs that are offered.
import { createSignal, For, Show } from "solid-js";
import type { FindingView, Repair } from "../../../worker/rules/views-findings.ts";
import type { FindingStatus, Resource } from "../../../worker/rules/views.ts";
import { ago, t, tMaybe } from "../../i18n/language.ts";
import type { Params } from "../../i18n/fill-in.ts";
import { amount, stepName } from "../../i18n/words.ts";
import { Button } from "../../ui/button.tsx";
import { useNow } from "../../ui/clock.ts";
import { Status } from "../../ui/status.tsx";
import styles from "./findings.module.css";

const LOOKS: Record<FindingStatus, { shape: "triangle" | "tick" | "bars" | "ring"; tone: "warn" | "good" | "rest" }> = {
  offered: { shape: "triangle", tone: "warn" },
  repaired: { shape: "tick", tone: "good" },
  ignored: { shape: "bars", tone: "rest" },
  gone: { shape: "ring", tone: "rest" },
};

export function Finding(props: {
  finding: FindingView;
  onRepair: (repair: Repair) => void;
  onIgnore: () => Promise<void>;
}) {
  const now = useNow();
  const [busy, setBusy] = createSignal(false);
  async function ignore() {
    setBusy(true);
    await props.onIgnore();
    setBusy(false);
  }
  const about = () =>
    [props.finding.cluster?.name, props.finding.tenant?.name, props.finding.service?.name].filter(Boolean).join(" · ");
  return (
    <li
      class={`card ${styles.finding}`}
      data-finding-id={props.finding.id}
      data-kind={props.finding.kind}
      data-status={props.finding.status}
    >
      <header>
        <div class={styles.what}>
          <h2>{t(`finding.${props.finding.kind}`)}</h2>
          <p class="small quiet">{about()}</p>
        </div>
        <Status {...LOOKS[props.finding.status]} word={t(`findings.status.${props.finding.status}`)} />
      </header>
      <p>{findingText(props.finding)}</p>
      <Show when={sizeRows(props.finding).length > 0}>
        <ul class={styles.sizes}>
          <For each={sizeRows(props.finding)}>{(row) => <li class="figures">{row}</li>}</For>
        </ul>
      </Show>
      <Show when={props.finding.details["ours"] === 0}>
        <p class={styles.note}>{t("finding.notOurs")}</p>
      </Show>
      <p class="small quiet">
        {t("finding.seen", {
          first: ago(props.finding.firstSeenAt, now()),
          last: ago(props.finding.lastSeenAt, now()),
        })}{" "}
        <code>{props.finding.subject}</code>
      </p>
      <Show when={props.finding.closedAt === null}>
        <div class={styles.buttons}>
          <For each={props.finding.repairs}>
            {(repair) => (
              <Button small onClick={() => props.onRepair(repair)}>
                {t(`repair.${repair}`)}
              </Button>
            )}
          </For>
          <Show when={props.finding.status === "offered"}>
            <Button small variant="quiet" busy={busy()} onClick={ignore}>
              {t("findings.ignore")}
            </Button>
          </Show>
        </div>
      </Show>
    </li>
  );
}

/** The sentence for a finding, with its names and figures. */
function findingText(finding: FindingView): string {
  const { kind, details } = finding;
  const words: Params = { subject: finding.subject, service: finding.service?.name ?? finding.subject };
  for (const [name, value] of Object.entries(details)) if (value !== "") words[name] = value;
  if (typeof details["step"] === "string") words["step"] = stepName(details["step"]);
  if (typeof details["operation"] === "string")
    words["operation"] = tMaybe(`operation.${details["operation"]}`, { name: words["service"] ?? "" }) ?? "";
  if (typeof details["resource"] === "string") {
    const resource = details["resource"] as Resource;
    words["resource"] = tMaybe(`resource.${resource}`) ?? resource;
    words["amount"] = amount(resource, Number(details["amount"] ?? 0));
    words["wanted"] = amount(resource, Number(details["wanted"] ?? 0));
  }
  if (kind === "pool_leftover") words["what"] = tMaybe(`finding.what.${details["what"]}`) ?? String(details["what"]);
  return t(kind === "operation_stuck" && "lock" in details ? "finding.text.lock" : `finding.text.${kind}`, words);
}

/** What is charged against what is there, for the parts of a size that differ. */
function sizeRows({ details }: FindingView): string[] {
  const parts = [
    ["vcpu", "cores", "realCores"],
    ["memoryMiB", "memoryMiB", "realMemoryMiB"],
    ["diskGiB", "diskGiB", "realDiskGiB"],
  ] as const;
  return parts.flatMap(([resource, charged, real]) =>
    details[real] === undefined || details[charged] === details[real]
      ? []
      : [
          t("finding.size", {
            resource: t(`resource.${resource}`),
            charged: amount(resource, Number(details[charged])),
            real: amount(resource, Number(details[real])),
          }),
        ],
  );
}
