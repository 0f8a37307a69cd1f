// The platform's clusters: how each answers, what its token still lacks, and the form that connects one.
import { useQueryClient } from "@tanstack/solid-query";
import Network from "lucide-solid/icons/network";
import Plus from "lucide-solid/icons/plus";
import RotateCw from "lucide-solid/icons/rotate-cw";
import { createSignal, For, Show } from "solid-js";
import type { ClusterView } from "../../../worker/rules/views.ts";
import { api, problemOf } from "../../api.ts";
import { ago, number, t, tCount, type Key } from "../../i18n/language.ts";
import { problemWords } from "../../i18n/words.ts";
import { keys } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { useNow } from "../../ui/clock.ts";
import { CopyText } from "../../ui/copy.tsx";
import { Load } from "../../ui/load.tsx";
import { Empty, Page } from "../../ui/page.tsx";
import { Status } from "../../ui/status.tsx";
import { showToast } from "../../ui/toast.tsx";
import { ConnectDialog } from "./connect-dialog.tsx";
import styles from "./operator.module.css";
import { useData } from "../../use-data.ts";

export const useClusters = () => useData(() => ({ queryKey: keys.clusters, queryFn: api.clusters }));

export default function Clusters() {
  const clusters = useClusters();
  const [connecting, setConnecting] = createSignal(false);
  const connect = (words: string) => (
    <Button variant="primary" icon={Plus} onClick={() => setConnecting(true)}>
      {words}
    </Button>
  );
  return (
    <Page title={t("nav.clusters")} actions={connect(t("clusters.connect"))}>
      <Load query={clusters}>
        {(data) => (
          <Show
            when={data().clusters.length > 0}
            fallback={
              <div class="card">
                <Empty
                  icon={<Network size={22} />}
                  title={t("clusters.none")}
                  text={t("clusters.noneText")}
                  action={connect(t("clusters.connectFirst"))}
                />
              </div>
            }
          >
            <ul class={styles.list}>
              <For each={data().clusters}>{(cluster) => <Cluster cluster={cluster} />}</For>
            </ul>
          </Show>
        )}
      </Load>
      <ConnectDialog open={connecting()} onClose={() => setConnecting(false)} />
    </Page>
  );
}

const LOOKS = {
  ok: { shape: "disc", tone: "good" },
  unreachable: { shape: "triangle", tone: "bad" },
  denied: { shape: "bars", tone: "warn" },
} as const;

function Cluster(props: { cluster: ClusterView }) {
  const client = useQueryClient();
  const now = useNow();
  const [busy, setBusy] = createSignal(false);

  async function check() {
    setBusy(true);
    try {
      const { cluster } = await api.checkCluster(props.cluster.id);
      client.setQueryData<{ clusters: ClusterView[] }>(
        keys.clusters,
        (data) => data && { clusters: data.clusters.map((known) => (known.id === cluster.id ? cluster : known)) },
      );
    } catch (thrown) {
      const problem = problemOf(thrown);
      showToast({ tone: "bad", text: problemWords(problem.code, problem.params).what });
    } finally {
      setBusy(false);
    }
  }

  return (
    <li class={`card ${styles.cluster}`} data-cluster-id={props.cluster.id} data-status={props.cluster.status}>
      <header class={styles.head}>
        <div class={styles.who}>
          <h2>{props.cluster.name}</h2>
          <p class="small quiet mono">{props.cluster.url}</p>
        </div>
        <Status {...LOOKS[props.cluster.status]} word={t(`clusters.status.${props.cluster.status}` as Key)} />
        <Button small icon={RotateCw} busy={busy()} onClick={check}>
          {t("clusters.check")}
        </Button>
      </header>
      <dl class={styles.facts}>
        <div>
          <dt>{t("clusters.version")}</dt>
          <dd class="figures">{props.cluster.version ?? "–"}</dd>
        </div>
        <div>
          <dt>{t("clusters.nodes")}</dt>
          <dd>
            <For each={props.cluster.nodes} fallback="–">
              {(node) => (
                <span class={styles.node}>
                  <Status
                    shape={node.online ? "disc" : "square"}
                    tone={node.online ? "good" : "bad"}
                    word={node.name}
                  />
                  <span class="visually-hidden">{t(node.online ? "clusters.online" : "clusters.offline")}</span>
                </span>
              )}
            </For>
          </dd>
        </div>
        <div>
          <dt>{t("clusters.guests")}</dt>
          <dd class="figures">{number(props.cluster.guests)}</dd>
        </div>
        <div>
          <dt>{t("clusters.token")}</dt>
          <dd class="mono">{props.cluster.tokenId}</dd>
        </div>
        <div>
          <dt>{t("clusters.lastSeen")}</dt>
          <dd>{props.cluster.lastSeenAt === null ? "–" : ago(props.cluster.lastSeenAt, now())}</dd>
        </div>
      </dl>
      <Show when={props.cluster.missing.length > 0}>
        <section class={styles.missing}>
          <h3>{tCount("clusters.missing", props.cluster.missing.length)}</h3>
          <p class="small quiet">{t("clusters.missingHelp")}</p>
          <CopyText block text={props.cluster.missing.join("\n")} />
        </section>
      </Show>
    </li>
  );
}
