// Which SSH keys may sign in: those that one keeps as boxes to tick, others typed, which can be kept for the next time.
import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import { sshKeysProblem } from "../../../worker/rules/names.ts";
import { t } from "../../i18n/language.ts";
import { AreaField, CheckField } from "../../ui/field.tsx";
import { typeOfLine, unkept } from "./lines.ts";
import { useSshKeys } from "./queries.ts";
import styles from "./ssh-keys.module.css";

export interface PickedKeys {
  keyIds: readonly string[];
  typed: string;
  /** Whether those that were typed are kept. */
  keep: boolean;
}

interface KeyPickProps {
  picked: PickedKeys;
  onPick: (change: Partial<PickedKeys>) => void;
  onBlur?: () => void;
  error?: string | undefined;
}

export function KeyPick(props: KeyPickProps) {
  const query = useSshKeys();
  const kept = () => query.data?.keys ?? [];
  const fresh = () => (sshKeysProblem(props.picked.typed) === null ? unkept(props.picked.typed, kept()) : []);
  const tick = (id: string, on: boolean) =>
    props.onPick({
      keyIds: kept()
        .map((key) => key.id)
        .filter((known) => (known === id ? on : props.picked.keyIds.includes(known))),
    });
  return (
    <div class={styles.pick}>
      <Show when={kept().length > 0}>
        <fieldset class={styles.kept}>
          <legend>{t("sshKeys.yours")}</legend>
          <For each={kept()}>
            {(key) => (
              <label data-ssh-key={key.id}>
                <input
                  type="checkbox"
                  checked={props.picked.keyIds.includes(key.id)}
                  onChange={(event) => tick(key.id, event.currentTarget.checked)}
                />
                <span class={styles.keyName}>
                  <b>{key.name}</b>
                  <span class="small quiet mono">
                    {typeOfLine(key.line)} · {key.fingerprint}
                  </span>
                </span>
              </label>
            )}
          </For>
        </fieldset>
      </Show>
      <AreaField
        label={t(kept().length > 0 ? "sshKeys.others" : "launch.sshKeys")}
        hint={t("launch.sshKeysHint")}
        optional
        name="sshKeys"
        spellcheck={false}
        autocapitalize="none"
        placeholder="ssh-ed25519 AAAA… you@laptop"
        value={props.picked.typed}
        onValue={(typed) => props.onPick({ typed })}
        onBlur={() => props.onBlur?.()}
        error={props.error}
      />
      <Show when={fresh().length > 0}>
        <CheckField
          label={t("sshKeys.keepThese")}
          hint={t("sshKeys.keepHint")}
          name="keepKeys"
          checked={props.picked.keep}
          onChecked={(keep) => props.onPick({ keep })}
        />
      </Show>
      <Show when={query.data && kept().length === 0 && fresh().length === 0}>
        <p class="small quiet">
          {t("sshKeys.keepThem")} <A href="/account/ssh-keys">{t("nav.sshKeys")}</A>
        </p>
      </Show>
    </div>
  );
}
