// Templates: those found on a cluster, and those of them that tenants can launch.
import { useQueryClient } from "@tanstack/solid-query";
import { createSignal, For, Show } from "solid-js";
import type { ClusterView } from "../../../worker/rules/views.ts";
import { api, problemOf, type FoundTemplate, type PublishedTemplate } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { problemWords, sizeText } from "../../i18n/words.ts";
import { keys } from "../../queries.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { SelectField } from "../../ui/field.tsx";
import { Load } from "../../ui/load.tsx";
import { TemplateLogo } from "../../ui/logo.tsx";
import { Empty, Page, Section } from "../../ui/page.tsx";
import { Status } from "../../ui/status.tsx";
import { showToast } from "../../ui/toast.tsx";
import { useClusters } from "./clusters.tsx";
import { PublishDialog } from "./publish-dialog.tsx";
import styles from "./operator.module.css";
import { useData } from "../../use-data.ts";

export default function Templates() {
  const clusters = useClusters();
  return (
    <Page title={t("nav.templates")}>
      <Load query={clusters}>
        {(data) => (
          <Show
            when={data().clusters.length > 0}
            fallback={
              <div class="card">
                <Empty
                  title={t("clusters.none")}
                  text={t("templates.noCluster")}
                  action={
                    <LinkButton variant="primary" href="/operator/clusters">
                      {t("nav.clusters")}
                    </LinkButton>
                  }
                />
              </div>
            }
          >
            <OfCluster clusters={data().clusters} />
          </Show>
        )}
      </Load>
    </Page>
  );
}

function OfCluster(props: { clusters: readonly ClusterView[] }) {
  const client = useQueryClient();
  const [chosen, setChosen] = createSignal(props.clusters[0]?.id ?? "");
  const [publishing, setPublishing] = createSignal<FoundTemplate | null>(null);
  const templates = useData(() => ({ queryKey: keys.templates(chosen()), queryFn: () => api.templates(chosen()) }));

  async function toggle(template: PublishedTemplate) {
    try {
      await api.setTemplateActive(template.id, !template.active);
      await client.invalidateQueries({ queryKey: keys.templates(chosen()) });
    } catch (thrown) {
      const problem = problemOf(thrown);
      showToast({ tone: "bad", text: problemWords(problem.code, problem.params).what });
    }
  }

  return (
    <>
      <Show when={props.clusters.length > 1}>
        <div class={styles.choice}>
          <SelectField
            label={t("templates.cluster")}
            value={chosen()}
            onValue={setChosen}
            options={props.clusters.map((cluster) => ({ value: cluster.id, label: cluster.name }))}
          />
        </div>
      </Show>
      <Load query={templates}>
        {(data) => (
          <>
            <Section title={t("templates.published")} flush>
              <ul class={styles.rows}>
                <For each={data().published} fallback={<li class={styles.none}>{t("templates.nonePublished")}</li>}>
                  {(template) => (
                    <li class={styles.row} data-template-id={template.id} data-active={template.active}>
                      <TemplateLogo name={template.logo} small />
                      <div class={styles.who}>
                        <b>{template.name}</b>
                        <p class="small quiet figures">
                          {t("launch.from", {
                            size: sizeText({
                              cores: template.minCores,
                              memoryMiB: template.minMemoryMiB,
                              diskGiB: template.minDiskGiB,
                            }),
                          })}{" "}
                          · {placeOf(template)}
                        </p>
                      </div>
                      <Status
                        shape={template.active ? "disc" : "square"}
                        tone={template.active ? "good" : "rest"}
                        word={t(template.active ? "templates.active" : "templates.hidden")}
                      />
                      <Button
                        small
                        onClick={() => void toggle(template)}
                        aria-label={`${t(template.active ? "templates.hide" : "templates.show")}: ${template.name}`}
                      >
                        {t(template.active ? "templates.hide" : "templates.show")}
                      </Button>
                    </li>
                  )}
                </For>
              </ul>
            </Section>
            <Section title={t("templates.found")} flush>
              <ul class={styles.rows}>
                <For each={data().found} fallback={<li class={styles.none}>{t("templates.noneFound")}</li>}>
                  {(template) => (
                    <li class={styles.row} data-vmid={template.vmid}>
                      <div class={styles.who}>
                        <b>{template.name}</b>
                        <p class="small quiet figures">
                          {placeOf(template)} · {template.node}
                          {template.volume === null ? ` · ${sizeText(template)}` : ""}
                        </p>
                      </div>
                      <Show
                        when={template.publishedAs === null}
                        fallback={<span class="small quiet">{t("templates.isPublished")}</span>}
                      >
                        <Button
                          small
                          onClick={() => setPublishing(template)}
                          aria-label={`${t("templates.publish")}: ${template.name}`}
                        >
                          {t("templates.publish")}
                        </Button>
                      </Show>
                    </li>
                  )}
                </For>
              </ul>
            </Section>
          </>
        )}
      </Load>
      <PublishDialog clusterId={chosen()} template={publishing()} onClose={() => setPublishing(null)} />
    </>
  );
}

/** What it is on the cluster: a guest with its number, or the archive of containers. */
function placeOf(template: { vmid: number; volume: string | null }): string {
  return template.volume ?? `VMID ${template.vmid}`;
}
