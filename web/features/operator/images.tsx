// Images for the drives of virtual machines: those found on a cluster, and those of them that tenants may put in.
import { useQueryClient } from "@tanstack/solid-query";
import Disc from "lucide-solid/icons/disc-3";
import { createSignal, For, Show } from "solid-js";
import type { ClusterView } from "../../../worker/rules/views.ts";
import { operatorLifeApi, type FoundImage, type PublishedImage } from "../../api-life.ts";
import { problemOf } from "../../api.ts";
import { memory, t } from "../../i18n/language.ts";
import { problemWords } from "../../i18n/words.ts";
import { keys } from "../../queries.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { SelectField } from "../../ui/field.tsx";
import { Load } from "../../ui/load.tsx";
import { Empty, Page, Section } from "../../ui/page.tsx";
import { Status } from "../../ui/status.tsx";
import { showToast } from "../../ui/toast.tsx";
import { useData } from "../../use-data.ts";
import { useClusters } from "./clusters.tsx";
import { OfferDialog } from "./offer-dialog.tsx";
import styles from "./operator.module.css";

export default function Images() {
  const clusters = useClusters();
  return (
    <Page title={t("nav.images")}>
      <p class="quiet">{t("images.lead")}</p>
      <Load query={clusters}>
        {(data) => (
          <Show
            when={data().clusters.length > 0}
            fallback={
              <div class="card">
                <Empty
                  title={t("clusters.none")}
                  text={t("images.noCluster")}
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
  const [offering, setOffering] = createSignal<FoundImage | null>(null);
  const images = useData(() => ({
    queryKey: keys.operatorImages(chosen()),
    queryFn: () => operatorLifeApi.images(chosen()),
  }));

  async function toggle(image: PublishedImage) {
    try {
      await operatorLifeApi.setImageActive(image.id, !image.active);
      await client.invalidateQueries({ queryKey: keys.operatorImages(chosen()) });
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
      <Load query={images}>
        {(data) => (
          <>
            <Section title={t("images.offered")} flush>
              <ul class={styles.rows}>
                <For each={data().published} fallback={<li class={styles.none}>{t("images.noneOffered")}</li>}>
                  {(image) => (
                    <li class={styles.row} data-image-id={image.id} data-active={image.active}>
                      <Disc size={18} aria-hidden="true" />
                      <div class={styles.who}>
                        <b>{image.name}</b>
                        <p class="small quiet mono">{image.volume}</p>
                      </div>
                      <Status
                        shape={image.active ? "disc" : "square"}
                        tone={image.active ? "good" : "rest"}
                        word={t(image.active ? "images.active" : "images.withdrawn")}
                      />
                      <Button
                        small
                        onClick={() => void toggle(image)}
                        aria-label={`${t(image.active ? "images.withdraw" : "images.offerAgain")}: ${image.name}`}
                      >
                        {t(image.active ? "images.withdraw" : "images.offerAgain")}
                      </Button>
                    </li>
                  )}
                </For>
              </ul>
            </Section>
            <Section title={t("templates.found")} flush>
              <ul class={styles.rows}>
                <For each={data().found} fallback={<li class={styles.none}>{t("images.noneFound")}</li>}>
                  {(image) => (
                    <li class={styles.row} data-volume={image.volume}>
                      <div class={styles.who}>
                        <b>{image.name}</b>
                        <p class="small quiet">
                          <span class="mono">{image.volume}</span> ·{" "}
                          <span class="figures">{memory(Math.ceil(image.sizeBytes / 1_048_576))}</span>
                        </p>
                      </div>
                      <Show
                        when={image.publishedAs === null}
                        fallback={<span class="small quiet">{t("images.isOffered")}</span>}
                      >
                        <Button
                          small
                          onClick={() => setOffering(image)}
                          aria-label={`${t("images.offer")}: ${image.name}`}
                        >
                          {t("images.offer")}
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
      <OfferDialog clusterId={chosen()} image={offering()} onClose={() => setOffering(null)} />
    </>
  );
}
