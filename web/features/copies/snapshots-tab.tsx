// Snapshots of a service as the tree that they are: take one, go back to one, delete one.
import Camera from "lucide-solid/icons/camera";
import Undo2 from "lucide-solid/icons/undo-2";
import Trash from "lucide-solid/icons/trash";
import { createSignal, For, Show } from "solid-js";
import { preview } from "../../../worker/rules/quota.ts";
import type { SnapshotView } from "../../../worker/rules/views-copies.ts";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { copiesApi } from "../../api-copies.ts";
import { dateTime, t } from "../../i18n/language.ts";
import { useQuota } from "../../queries.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Chip } from "../../ui/chip.tsx";
import { Load } from "../../ui/load.tsx";
import { QuotaMeters } from "../../ui/meter.tsx";
import { Empty, Section } from "../../ui/page.tsx";
import { Status } from "../../ui/status.tsx";
import { useTenant } from "../frame/session.tsx";
import { isChangeable } from "../services/possible.ts";
import { ConfirmDialog, type Question } from "./confirm-dialog.tsx";
import styles from "./copies.module.css";
import { useSnapshots } from "./queries.ts";
import { SnapshotDialog } from "./snapshot-dialog.tsx";
import { depthsOf } from "./tree.ts";

export function SnapshotsTab(props: { service: ServiceView }) {
  const { id, can, tenant } = useTenant();
  const query = useSnapshots(id, () => props.service.id);
  const quota = useQuota(id);
  const [taking, setTaking] = createSignal(false);
  const [question, setQuestion] = createSignal<Question | null>(null);
  // Held organisations may give back, but not begin anything.
  const free = () => props.service.state === "ready" && props.service.operationId === null;
  const mayDelete = () => can("service.snapshot") && free();
  const mayTake = () => mayDelete() && tenant().open && isChangeable(props.service);
  const take = (words: string) => (
    <Show when={mayTake()}>
      <Button icon={Camera} variant="primary" onClick={() => setTaking(true)}>
        {words}
      </Button>
    </Show>
  );

  const rollBack = (snapshot: SnapshotView): Question => ({
    title: t("snapshots.rollBackTitle", { name: snapshot.name }),
    text: [
      t("snapshots.rollBackText", { at: dateTime(snapshot.createdAt) }),
      t(snapshot.withMemory ? "snapshots.rollBackMemory" : "snapshots.rollBackNoMemory"),
    ],
    confirm: t("snapshots.rollBack"),
    typed: props.service.name,
    request: (key) => copiesApi.rollBack(id(), props.service.id, snapshot.id, key),
  });
  const remove = (snapshot: SnapshotView): Question => ({
    title: t("snapshots.deleteTitle", { name: snapshot.name }),
    text: [t("snapshots.deleteText")],
    confirm: t("action.delete"),
    request: (key) => copiesApi.removeSnapshot(id(), props.service.id, snapshot.id, key),
  });

  return (
    <Load query={query}>
      {(data) => {
        const depths = () => depthsOf(data().snapshots);
        return (
          <>
            <Show
              when={data().snapshots.length > 0}
              fallback={
                <div class="card">
                  <Empty
                    icon={<Camera size={22} />}
                    title={t("snapshots.none")}
                    text={t("snapshots.noneText")}
                    action={take(t("snapshots.takeFirst"))}
                  />
                </div>
              }
            >
              <Section title={t("service.tab.snapshots")} aside={take(t("snapshots.take"))} flush>
                <ul class={styles.rows}>
                  <For each={data().snapshots}>
                    {(snapshot) => (
                      <li
                        class={styles.row}
                        style={{ "--depth": Math.min(depths().get(snapshot.id) ?? 0, 6) }}
                        data-snapshot-id={snapshot.id}
                        data-state={snapshot.state}
                      >
                        <div class={styles.what}>
                          <p class={styles.title}>
                            <b>{snapshot.name}</b>
                            <Show when={snapshot.withMemory}>
                              <Chip>{t("snapshots.memory")}</Chip>
                            </Show>
                            <CopyState state={snapshot.state} />
                          </p>
                          <p class="small quiet">
                            {dateTime(snapshot.createdAt)}
                            <Show when={snapshot.parentName}>
                              {(name) => <> · {t("snapshots.upon", { name: name() })}</>}
                            </Show>
                          </p>
                          <Show when={snapshot.description}>
                            <p class={styles.note}>{snapshot.description}</p>
                          </Show>
                        </div>
                        <Show when={snapshot.state === "ready"}>
                          <div class={styles.buttons}>
                            <Show when={mayTake()}>
                              <Button
                                small
                                icon={Undo2}
                                aria-label={t("snapshots.rollBackTo", { name: snapshot.name })}
                                onClick={() => setQuestion(rollBack(snapshot))}
                              >
                                {t("snapshots.rollBack")}
                              </Button>
                            </Show>
                            <Show when={mayDelete()}>
                              <IconButton
                                icon={Trash}
                                label={t("snapshots.deleteOne", { name: snapshot.name })}
                                onClick={() => setQuestion(remove(snapshot))}
                              />
                            </Show>
                          </div>
                        </Show>
                      </li>
                    )}
                  </For>
                </ul>
              </Section>
            </Show>
            <Show when={quota.data}>
              {(rows) => (
                <Section title={t("quota.title")}>
                  <QuotaMeters rows={rows().resources} only={["snapshots"]} />
                  <Show when={!preview(rows().resources, [{ resource: "snapshots", amount: 1 }]).allowed && mayTake()}>
                    <p class={styles.hint}>{t("snapshots.full")}</p>
                  </Show>
                </Section>
              )}
            </Show>
            <SnapshotDialog
              tenantId={id()}
              service={props.service}
              open={taking()}
              taken={data().snapshots.map((snapshot) => snapshot.name)}
              onClose={() => setTaking(false)}
            />
            <ConfirmDialog tenantId={id()} question={question()} onClose={() => setQuestion(null)} />
          </>
        );
      }}
    </Load>
  );
}

/** What is being done to a copy; nothing while it is simply there. */
export function CopyState(props: { state: SnapshotView["state"] }) {
  return (
    <Show when={props.state !== "ready"}>
      <Status shape="turn" tone="busy" word={t(props.state === "creating" ? "copies.creating" : "copies.deleting")} />
    </Show>
  );
}
