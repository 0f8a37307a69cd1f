// Backups as rows: of what, when, how large, what is said of them; restored, changed and deleted from there.
import { A } from "@solidjs/router";
import ArchiveRestore from "lucide-solid/icons/archive-restore";
import Ellipsis from "lucide-solid/icons/ellipsis";
import Pencil from "lucide-solid/icons/pencil";
import ShieldCheck from "lucide-solid/icons/shield-check";
import Trash from "lucide-solid/icons/trash";
import { createSignal, For, Show } from "solid-js";
import type { BackupView } from "../../../worker/rules/views-copies.ts";
import { copiesApi } from "../../api-copies.ts";
import { dateTime, memory, number, t } from "../../i18n/language.ts";
import { presentStep, sizeText } from "../../i18n/words.ts";
import { useOperations } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { Chip } from "../../ui/chip.tsx";
import { Menu } from "../../ui/menu.tsx";
import { useTenant } from "../frame/session.tsx";
import { BackupDialog, type BackupSubject } from "./backup-dialog.tsx";
import { ConfirmDialog, type Question } from "./confirm-dialog.tsx";
import styles from "./copies.module.css";
import { RestoreDialog } from "./restore-dialog.tsx";
import { CopyState } from "./snapshots-tab.tsx";

/** `ofMany` names the service in every row. */
export function BackupList(props: { backups: readonly BackupView[]; ofMany?: boolean }) {
  const { id, can, tenant } = useTenant();
  const operations = useOperations(id);
  const [editing, setEditing] = createSignal<BackupSubject | null>(null);
  const [question, setQuestion] = createSignal<Question | null>(null);
  const [restoring, setRestoring] = createSignal<BackupView | null>(null);
  const step = (backup: BackupView) => {
    const operation = operations.data?.operations.find((candidate) => candidate.id === backup.operationId);
    return operation && presentStep(operation);
  };

  const remove = (backup: BackupView): Question => ({
    title: t("backups.deleteTitle", { name: backup.service.name }),
    text: [t("backups.deleteText", { at: dateTime(backup.createdAt) })],
    confirm: t("delete.confirm"),
    request: (key) => copiesApi.removeBackup(id(), backup.id, key),
  });
  return (
    <>
      <ul class={styles.rows}>
        <For each={props.backups}>
          {(backup) => {
            const idle = () => backup.state === "ready" && backup.operationId === null;
            const label = () => t("backups.one", { name: backup.service.name, at: dateTime(backup.createdAt) });
            return (
              <li class={styles.row} data-backup-id={backup.id} data-state={backup.state}>
                <div class={styles.what}>
                  <p class={styles.title}>
                    <Show when={props.ofMany}>
                      <Show when={!backup.service.deleted} fallback={<b>{backup.service.name}</b>}>
                        <A href={`/t/${id()}/services/${backup.service.id}/backups`}>{backup.service.name}</A>
                      </Show>
                    </Show>
                    <b class={props.ofMany ? styles.lesser : ""}>{dateTime(backup.createdAt)}</b>
                    <Show when={backup.service.deleted}>
                      <Chip>{t("backups.serviceGone")}</Chip>
                    </Show>
                    <Show when={backup.protected}>
                      <Chip>
                        <ShieldCheck size={13} aria-hidden="true" /> {t("backups.protected")}
                      </Chip>
                    </Show>
                    <CopyState state={backup.state} />
                  </p>
                  <p class="small quiet figures">
                    <Show when={backup.state === "creating" && step(backup)} fallback={sizeWords(backup)}>
                      {(words) => words()}
                    </Show>
                    {" · "}
                    {t("backups.of", { size: sizeText(backup.size) })}
                  </p>
                  <Show when={backup.notes}>
                    <p class={styles.note}>{backup.notes}</p>
                  </Show>
                </div>
                <Show when={idle()}>
                  <div class={styles.buttons}>
                    <Show when={can("service.launch") && tenant().open}>
                      <Button
                        small
                        icon={ArchiveRestore}
                        aria-label={`${t("backups.restoreAsk")}: ${label()}`}
                        onClick={() => setRestoring(backup)}
                      >
                        {t("backups.restoreAsk")}
                      </Button>
                    </Show>
                    <Show when={can("service.backup")}>
                      <Menu
                        label={t("services.actionsOf", { name: label() })}
                        groups={[
                          {
                            items: [
                              { label: t("backups.edit"), icon: Pencil, onSelect: () => setEditing({ backup }) },
                              {
                                label: t("action.delete"),
                                icon: Trash,
                                danger: true,
                                disabled: backup.protected,
                                ...(backup.protected ? { hint: t("backups.protected") } : {}),
                                onSelect: () => setQuestion(remove(backup)),
                              },
                            ],
                          },
                        ]}
                      >
                        <Ellipsis size={16} aria-hidden="true" />
                      </Menu>
                    </Show>
                  </div>
                </Show>
              </li>
            );
          }}
        </For>
      </ul>
      <BackupDialog tenantId={id()} subject={editing()} onClose={() => setEditing(null)} />
      <ConfirmDialog tenantId={id()} question={question()} onClose={() => setQuestion(null)} />
      <RestoreDialog tenantId={id()} backup={restoring()} onClose={() => setRestoring(null)} />
    </>
  );
}

function sizeWords(backup: BackupView): string {
  const charged = `${number(backup.chargedGiB)} GiB`;
  if (backup.sizeBytes === null) return t("backups.charged", { charged });
  return t("backups.size", { size: memory(Math.ceil(backup.sizeBytes / 1_048_576)), charged });
}
