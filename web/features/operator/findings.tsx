// What the reconciler has found between ledger, services and clusters, and what can be done about each.
import { useQueryClient } from "@tanstack/solid-query";
import RotateCw from "lucide-solid/icons/rotate-cw";
import ShieldCheck from "lucide-solid/icons/shield-check";
import { createSignal, For, Show } from "solid-js";
import type { FindingsPage, FindingView, Repair } from "../../../worker/rules/views-findings.ts";
import type { FindingStatus } from "../../../worker/rules/views.ts";
import { problemOf } from "../../api.ts";
import { auditApi } from "../../api-people.ts";
import { ago, t, tCount } from "../../i18n/language.ts";
import { problemWords } from "../../i18n/words.ts";
import { keys } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { useNow } from "../../ui/clock.ts";
import { Load } from "../../ui/load.tsx";
import { Empty, Page } from "../../ui/page.tsx";
import { showToast } from "../../ui/toast.tsx";
import { useData } from "../../use-data.ts";
import { Finding } from "./finding.tsx";
import { RepairDialog } from "./repair-dialog.tsx";
import styles from "./findings.module.css";

const SHOWN: FindingStatus[] = ["offered", "ignored", "repaired", "gone"];

export default function Findings() {
  const client = useQueryClient();
  const [status, setStatus] = createSignal<FindingStatus>("offered");
  const findings = useData(() => ({
    queryKey: keys.findings(status()),
    queryFn: () => auditApi.findings(status()),
  }));
  const [running, setRunning] = createSignal(false);
  const [repairing, setRepairing] = createSignal<{ finding: FindingView; repair: Repair } | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: ["operator", "findings"] });

  async function act(request: () => Promise<unknown>, done?: string) {
    try {
      await request();
      if (done) showToast({ tone: "good", text: done });
    } catch (thrown) {
      const problem = problemOf(thrown);
      const { what, help } = problemWords(problem.code, problem.params);
      showToast({ tone: "bad", text: what, detail: help });
    }
    await refresh();
  }
  async function run() {
    setRunning(true);
    await act(auditApi.reconcile, t("findings.ran"));
    setRunning(false);
  }

  return (
    <Page
      title={t("nav.findings")}
      actions={
        <Button variant="primary" icon={RotateCw} busy={running()} onClick={run}>
          {t("findings.run")}
        </Button>
      }
    >
      <div class={styles.tabs} role="group" aria-label={t("findings.which")}>
        <For each={SHOWN}>
          {(choice) => (
            <button type="button" aria-pressed={status() === choice} onClick={() => setStatus(choice)}>
              {t(`findings.status.${choice}`)}
            </button>
          )}
        </For>
      </div>
      <Load query={findings}>
        {(data) => (
          <>
            <Runs page={data()} />
            <Show
              when={data().findings.length > 0}
              fallback={
                <div class="card">
                  <Empty
                    icon={<ShieldCheck size={22} />}
                    title={t(status() === "offered" ? "findings.none" : "audit.none")}
                    text={t(status() === "offered" ? "findings.noneText" : "findings.noneOther")}
                  />
                </div>
              }
            >
              <p class="quiet">{tCount("findings.count", data().findings.length)}</p>
              <ul class={styles.list}>
                <For each={data().findings}>
                  {(finding) => (
                    <Finding
                      finding={finding}
                      onRepair={(repair) => setRepairing({ finding, repair })}
                      onIgnore={() => act(() => auditApi.ignoreFinding(finding.id))}
                    />
                  )}
                </For>
              </ul>
            </Show>
          </>
        )}
      </Load>
      <RepairDialog asked={repairing()} onClose={() => setRepairing(null)} onDone={refresh} />
    </Page>
  );
}

/** When each cluster was last gone through, and what was left out. */
function Runs(props: { page: FindingsPage }) {
  const now = useNow();
  return (
    <ul class={styles.runs}>
      <For each={props.page.runs}>
        {(run) => (
          <li data-cluster-run={run.cluster.id}>
            <b>{run.cluster.name}</b>
            <span>
              {run.at === null ? t("findings.neverRun") : t("findings.lastRun", { when: ago(run.at, now()) })}
            </span>
            <For each={run.skipped}>
              {(what) => <span class={styles.skipped}>{t(`findings.skipped.${what}`)}</span>}
            </For>
          </li>
        )}
      </For>
    </ul>
  );
}
