// The SSH keys that a person keeps: told apart by name and fingerprint, offered wherever a login is chosen.
import KeySquare from "lucide-solid/icons/key-square";
import Plus from "lucide-solid/icons/plus";
import { createSignal, For, Show } from "solid-js";
import type { SshKeyView } from "../../../worker/rules/views-automation.ts";
import { dateTime, t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { CopyText } from "../../ui/copy.tsx";
import { Load } from "../../ui/load.tsx";
import { Empty, Page } from "../../ui/page.tsx";
import { AddKeyDialog } from "./add-dialog.tsx";
import { typeOfLine } from "./lines.ts";
import { useSshKeys } from "./queries.ts";
import { RemoveKeyDialog } from "./remove-dialog.tsx";
import styles from "./ssh-keys.module.css";

export default function SshKeys() {
  const query = useSshKeys();
  const [adding, setAdding] = createSignal(false);
  const [removing, setRemoving] = createSignal<SshKeyView | null>(null);
  const add = (words: string) => (
    <Button variant="primary" icon={Plus} onClick={() => setAdding(true)}>
      {words}
    </Button>
  );
  return (
    <Page title={t("nav.sshKeys")} actions={add(t("sshKeys.add"))} narrow>
      <p class="quiet">{t("sshKeys.lead")}</p>
      <div class="card">
        <Load query={query}>
          {(data) => (
            <Show
              when={data().keys.length > 0}
              fallback={
                <Empty
                  icon={<KeySquare size={22} />}
                  title={t("sshKeys.none")}
                  text={t("sshKeys.noneText")}
                  action={add(t("sshKeys.addFirst"))}
                />
              }
            >
              <ul class={styles.rows}>
                <For each={data().keys}>
                  {(key) => (
                    <li class={styles.row} data-ssh-key={key.id}>
                      <div class={styles.what}>
                        <b>{key.name}</b>
                        <CopyText text={key.fingerprint} />
                        <p class="small quiet">
                          {typeOfLine(key.line)} · {t("sshKeys.since", { at: dateTime(key.createdAt) })}
                        </p>
                      </div>
                      <Button
                        small
                        variant="danger"
                        aria-label={`${t("sshKeys.remove")}: ${key.name}`}
                        onClick={() => setRemoving(key)}
                      >
                        {t("sshKeys.remove")}
                      </Button>
                    </li>
                  )}
                </For>
              </ul>
            </Show>
          )}
        </Load>
      </div>
      <AddKeyDialog open={adding()} onClose={() => setAdding(false)} />
      <RemoveKeyDialog sshKey={removing()} onClose={() => setRemoving(null)} />
    </Page>
  );
}
