// Keys for programs: what each may do, until when, and when it was last used.
import { useQueryClient } from "@tanstack/solid-query";
import KeyRound from "lucide-solid/icons/key-round";
import Plus from "lucide-solid/icons/plus";
import { createSignal, For, Show } from "solid-js";
import type { ApiKeyView } from "../../../worker/rules/views-people.ts";
import { peopleApi } from "../../api-people.ts";
import { ago, dateTime, t, type Key } from "../../i18n/language.ts";
import { keys } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { useNow } from "../../ui/clock.ts";
import { Load } from "../../ui/load.tsx";
import { Empty, Page } from "../../ui/page.tsx";
import { Status } from "../../ui/status.tsx";
import { useData } from "../../use-data.ts";
import { useSession, useTenant } from "../frame/session.tsx";
import { MakeDialog } from "./make-dialog.tsx";
import { RevokeDialog } from "./revoke-dialog.tsx";
import styles from "./keys.module.css";

/** A key that ends within this time is marked, so that it can be replaced before. */
const SOON_MS = 7 * 24 * 3_600_000;

export default function Keys() {
  const client = useQueryClient();
  const { id, can } = useTenant();
  const list = useData(() => ({ queryKey: keys.apiKeys(id()), queryFn: () => peopleApi.apiKeys(id()) }));
  const [making, setMaking] = createSignal(false);
  const [revoking, setRevoking] = createSignal<ApiKeyView | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: keys.apiKeys(id()) });
  const make = (words: string) => (
    <Show when={can("keys.manage")}>
      <Button variant="primary" icon={Plus} onClick={() => setMaking(true)}>
        {words}
      </Button>
    </Show>
  );
  return (
    <Page title={t("nav.keys")} actions={make(t("keys.make"))}>
      <p class="quiet">{t("keys.lead")}</p>
      <div class="card">
        <Load query={list}>
          {(data) => (
            <Show
              when={data().keys.length > 0}
              fallback={
                <Empty
                  icon={<KeyRound size={22} />}
                  title={t("keys.none")}
                  text={t("keys.noneText")}
                  action={make(t("keys.makeFirst"))}
                />
              }
            >
              <ul class={styles.rows}>
                <For each={data().keys}>{(key) => <Row key={key} onRevoke={() => setRevoking(key)} />}</For>
              </ul>
            </Show>
          )}
        </Load>
      </div>
      <MakeDialog open={making()} onClose={() => setMaking(false)} onDone={refresh} />
      <RevokeDialog apiKey={revoking()} onClose={() => setRevoking(null)} onDone={refresh} />
    </Page>
  );
}

function Row(props: { key: ApiKeyView; onRevoke: () => void }) {
  const now = useNow();
  const { me } = useSession();
  const { can, tenant } = useTenant();
  const mayRevoke = () => can("keys.manage") && (tenant().role === "owner" || props.key.madeBy === me().user.name);
  const expired = () => props.key.expiresAt !== null && props.key.expiresAt <= now();
  const soon = () => props.key.expiresAt !== null && props.key.expiresAt - now() < SOON_MS;
  return (
    <li class={styles.row} data-key-id={props.key.id}>
      <div class={styles.what}>
        <b>{props.key.name}</b>
        <p class="small quiet">{t("keys.madeBy", { name: props.key.madeBy, when: dateTime(props.key.createdAt) })}</p>
        <ul class={styles.scopes}>
          <For each={props.key.scopes}>{(scope) => <li>{t(`scope.${scope}` as Key)}</li>}</For>
        </ul>
      </div>
      <dl class={styles.facts}>
        <div>
          <dt>{t("keys.expires")}</dt>
          <dd>
            <Show when={props.key.expiresAt} fallback={t("keys.never")}>
              {(at) => (
                <Show when={soon()} fallback={dateTime(at())}>
                  <Status
                    shape="triangle"
                    tone={expired() ? "bad" : "warn"}
                    word={expired() ? t("keys.expired") : ago(at(), now())}
                  />
                </Show>
              )}
            </Show>
          </dd>
        </div>
        <div>
          <dt>{t("keys.lastUsed")}</dt>
          <dd>
            <Show when={props.key.lastUsedAt} fallback={t("keys.notYet")}>
              {(at) => (
                <span title={dateTime(at())}>
                  {ago(at(), now())}
                  <Show when={props.key.lastUsedFrom}>
                    {" "}
                    <span class="quiet small">{t("keys.from", { address: props.key.lastUsedFrom ?? "" })}</span>
                  </Show>
                </span>
              )}
            </Show>
          </dd>
        </div>
      </dl>
      <Show when={mayRevoke()}>
        <Button
          small
          variant="danger"
          aria-label={t("keys.revokeOf", { name: props.key.name })}
          onClick={() => props.onRevoke()}
        >
          {t("keys.revoke")}
        </Button>
      </Show>
    </li>
  );
}
