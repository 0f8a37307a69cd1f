// What operators publish of what is found on a cluster: the choice of a cluster, what tenants have, what they could have.
import { useQueryClient } from "@tanstack/solid-query";
import { createSignal, For, Show, type JSX } from "solid-js";
import type { ClusterView } from "../../../worker/rules/views.ts";
import { problemOf } from "../../api.ts";
import { t, type Key } from "../../i18n/language.ts";
import { problemWords } from "../../i18n/words.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { SelectField } from "../../ui/field.tsx";
import { Load } from "../../ui/load.tsx";
import { Empty, Page, Section } from "../../ui/page.tsx";
import { Status } from "../../ui/status.tsx";
import { showToast } from "../../ui/toast.tsx";
import { useData } from "../../use-data.ts";
import { useClusters } from "./clusters.tsx";
import styles from "./operator.module.css";

interface Published {
  id: string;
  name: string;
  active: boolean;
}

interface Found {
  name: string;
  /** Id under which it is published; null where it is not. */
  publishedAs: string | null;
}

/** Attributes by which tests find a row. */
type Marks = Record<`data-${string}`, string | number>;

interface PublishedProps<P extends Published, F extends Found> {
  words: {
    title: Key;
    noCluster: Key;
    published: Key;
    nonePublished: Key;
    noneFound: Key;
    active: Key;
    hidden: Key;
    hide: Key;
    show: Key;
    publish: Key;
    isPublished: Key;
  };
  lead?: JSX.Element;
  queryKey: (clusterId: string) => readonly unknown[];
  load: (clusterId: string) => Promise<{ published: readonly P[]; found: readonly F[] }>;
  setActive: (id: string, active: boolean) => Promise<unknown>;
  published: { marks: (item: P) => Marks; logo: (item: P) => JSX.Element; about: (item: P) => JSX.Element };
  found: { marks: (item: F) => Marks; about: (item: F) => JSX.Element };
  /** Asks how the chosen one is to be published. */
  dialog: (clusterId: () => string, chosen: () => F | null, close: () => void) => JSX.Element;
}

export function PublishedPage<P extends Published, F extends Found>(props: PublishedProps<P, F>) {
  const clusters = useClusters();
  return (
    <Page title={t(props.words.title)}>
      {props.lead}
      <Load query={clusters}>
        {(data) => (
          <Show
            when={data().clusters.length > 0}
            fallback={
              <div class="card">
                <Empty
                  title={t("clusters.none")}
                  text={t(props.words.noCluster)}
                  action={
                    <LinkButton variant="primary" href="/operator/clusters">
                      {t("nav.clusters")}
                    </LinkButton>
                  }
                />
              </div>
            }
          >
            <OfCluster {...props} clusters={data().clusters} />
          </Show>
        )}
      </Load>
    </Page>
  );
}

function OfCluster<P extends Published, F extends Found>(
  props: PublishedProps<P, F> & { clusters: readonly ClusterView[] },
) {
  const client = useQueryClient();
  const [clusterId, setClusterId] = createSignal(props.clusters[0]?.id ?? "");
  const [chosen, setChosen] = createSignal<F | null>(null);
  const query = useData(() => ({ queryKey: props.queryKey(clusterId()), queryFn: () => props.load(clusterId()) }));

  async function toggle({ id, active }: P) {
    try {
      await props.setActive(id, !active);
      await client.invalidateQueries({ queryKey: props.queryKey(clusterId()) });
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
            value={clusterId()}
            onValue={setClusterId}
            options={props.clusters.map((cluster) => ({ value: cluster.id, label: cluster.name }))}
          />
        </div>
      </Show>
      <Load query={query}>
        {(data) => (
          <>
            <Section title={t(props.words.published)} flush>
              <ul class={styles.rows}>
                <For each={data().published} fallback={<li class={styles.none}>{t(props.words.nonePublished)}</li>}>
                  {(item) => (
                    <li class={styles.row} {...props.published.marks(item)} data-active={item.active}>
                      {props.published.logo(item)}
                      <div class={styles.who}>
                        <b>{item.name}</b>
                        {props.published.about(item)}
                      </div>
                      <Status
                        shape={item.active ? "disc" : "square"}
                        tone={item.active ? "good" : "rest"}
                        word={t(item.active ? props.words.active : props.words.hidden)}
                      />
                      <RowButton
                        word={t(item.active ? props.words.hide : props.words.show)}
                        name={item.name}
                        onClick={() => void toggle(item)}
                      />
                    </li>
                  )}
                </For>
              </ul>
            </Section>
            <Section title={t("templates.found")} flush>
              <ul class={styles.rows}>
                <For each={data().found} fallback={<li class={styles.none}>{t(props.words.noneFound)}</li>}>
                  {(item) => (
                    <li class={styles.row} {...props.found.marks(item)}>
                      <div class={styles.who}>
                        <b>{item.name}</b>
                        {props.found.about(item)}
                      </div>
                      <Show
                        when={item.publishedAs === null}
                        fallback={<span class="small quiet">{t(props.words.isPublished)}</span>}
                      >
                        <RowButton
                          word={t(props.words.publish)}
                          name={item.name}
                          onClick={() => setChosen(() => item)}
                        />
                      </Show>
                    </li>
                  )}
                </For>
              </ul>
            </Section>
          </>
        )}
      </Load>
      {props.dialog(clusterId, chosen, () => setChosen(null))}
    </>
  );
}

function RowButton(props: { word: string; name: string; onClick: () => void }) {
  return (
    <Button small onClick={() => props.onClick()} aria-label={`${props.word}: ${props.name}`}>
      {props.word}
    </Button>
  );
}
