// One entry of the audit: when, who, what, how it came out; opened, what was changed and from where.
import { For, Show } from "solid-js";
import type { AuditEntryView } from "../../../worker/rules/views-audit.ts";
import type { AuditOutcome, Resource } from "../../../worker/rules/views.ts";
import { RESOURCES } from "../../../worker/rules/views.ts";
import { dateTime, number, t, tMaybe, type Key } from "../../i18n/language.ts";
import { amount, problemWords, resourceName } from "../../i18n/words.ts";
import { Button } from "../../ui/button.tsx";
import { Status } from "../../ui/status.tsx";
import { changesOf } from "./changes.ts";
import styles from "./audit.module.css";

const LOOKS: Record<
  AuditOutcome,
  { shape: "tick" | "bars" | "triangle" | "ring"; tone: "good" | "warn" | "bad" | "rest" }
> = {
  done: { shape: "tick", tone: "good" },
  refused: { shape: "bars", tone: "warn" },
  failed: { shape: "triangle", tone: "bad" },
  unknown: { shape: "ring", tone: "rest" },
};

export function Entry(props: { entry: AuditEntryView; showTenant: boolean; onActor: (actorId: string) => void }) {
  const { entry } = props;
  const changes = changesOf(entry.before, entry.after);
  return (
    <li>
      <details class={styles.entry} data-action={entry.action} data-outcome={entry.outcome} data-seq={entry.seq}>
        <summary>
          <time dateTime={new Date(entry.at).toISOString()}>{dateTime(entry.at)}</time>
          <span class={styles.what}>
            <b>{actionWords(entry.action)}</b>
            <Show when={entry.target?.name}>
              <span class={styles.target}>{entry.target?.name}</span>
            </Show>
          </span>
          <span class={styles.who}>{actorWords(entry)}</span>
          <Status {...LOOKS[entry.outcome]} word={t(`audit.outcome.${entry.outcome}`)} />
        </summary>
        <div class={styles.more}>
          <Show when={entry.code}>
            {(code) => (
              <p>
                {problemWords(code()).what} <code class="quiet small">{code()}</code>
              </p>
            )}
          </Show>
          <Show when={changes.length > 0}>
            <table class={styles.changes}>
              <thead>
                <tr>
                  <th scope="col">{t("audit.field")}</th>
                  <Show when={entry.before}>
                    <th scope="col">{t("audit.before")}</th>
                  </Show>
                  <Show when={entry.after}>
                    <th scope="col">{t("audit.after")}</th>
                  </Show>
                </tr>
              </thead>
              <tbody>
                <For each={changes}>
                  {(row) => (
                    <tr>
                      <th scope="row">{fieldWords(row.field)}</th>
                      <Show when={entry.before}>
                        <td>{valueWords(row.field, row.before)}</td>
                      </Show>
                      <Show when={entry.after}>
                        <td>{valueWords(row.field, row.after)}</td>
                      </Show>
                    </tr>
                  )}
                </For>
              </tbody>
            </table>
          </Show>
          <dl class={styles.facts}>
            <Fact name={t("audit.who")} value={`${actorWords(entry)} (${t(`audit.actor.${entry.actor.kind}`)})`} />
            <Show when={props.showTenant && entry.tenant}>
              {(tenant) => <Fact name={t("audit.tenant")} value={tenant().name} />}
            </Show>
            <Show when={entry.target}>{(target) => <Fact name={t("audit.target")} value={target().id} mono />}</Show>
            <Show when={entry.ip}>{(ip) => <Fact name={t("audit.from")} value={ip()} mono />}</Show>
            <Fact name={t("audit.number")} value={number(entry.seq)} />
            <Fact name={t("error.requestId")} value={entry.requestId} mono />
          </dl>
          <div class={styles.only}>
            <Button small variant="quiet" onClick={() => props.onActor(entry.actor.id)}>
              {t("audit.onlyActor")}
            </Button>
          </div>
        </div>
      </details>
    </li>
  );
}

function Fact(props: { name: string; value: string; mono?: boolean }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd class={props.mono ? "mono" : ""}>{props.value}</dd>
    </div>
  );
}

/** What an action is called, or its own name where this page is older than the portal. */
export function actionWords(action: string): string {
  const [, deed, what] = NAMELESS.exec(action) ?? [];
  if (what) return t(deed === "read" ? "audit.reading" : "audit.trying", { what });
  return tMaybe(`audit.action.${action}`) ?? action;
}

/** A refused request without a name of its own is told by the part of the address after the tenant's. */
const NAMELESS = /^(read|try) \/api\/(?:tenants\/:tenant\/|operator\/)?(.+)$/;

function actorWords(entry: AuditEntryView): string {
  const { kind, name } = entry.actor;
  if (kind === "system") return t("audit.actor.system");
  return name || t(`audit.actor.${kind}`);
}

function fieldWords(field: string): string {
  const last = field.split(".").at(-1) ?? field;
  return isResource(last) ? resourceName(last) : (tMaybe(`audit.field.${last}`) ?? field);
}

function valueWords(field: string, value: unknown): string {
  const last = field.split(".").at(-1) ?? field;
  if (value === undefined || value === null || value === "") return "–";
  if (typeof value === "boolean") return t(value ? "audit.yes" : "audit.no");
  if (typeof value === "number") {
    if (/(At|Until)$/.test(last)) return dateTime(value);
    return isResource(last) ? amount(last, value) : number(value);
  }
  const text = String(value);
  if (last === "role") return tMaybe(`role.${text}`) ?? text;
  if (last === "kind") return tMaybe(`kind.${text}`) ?? text;
  if (last === "factor") return tMaybe(`factor.${text}`) ?? text;
  return text;
}

function isResource(name: string): name is Resource {
  return (RESOURCES as readonly string[]).includes(name);
}

/** The parts that actions are named by (`service`, `team`, …), in words where there are any. */
export function groupWords(group: string): string {
  return tMaybe(`audit.group.${group}` as Key) ?? group;
}
