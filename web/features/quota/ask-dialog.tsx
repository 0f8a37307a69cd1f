// The request for more quota: what there is, what is wished for, and a word to the one who decides.
import { createEffect, createMemo, on, Show } from "solid-js";
import type { Limits } from "../../../worker/rules/views-tree.ts";
import { RESOURCES, type QuotaView, type Resource } from "../../../worker/rules/views.ts";
import { quotaApi } from "../../api-tree.ts";
import { t } from "../../i18n/language.ts";
import { amount, resourceName } from "../../i18n/words.ts";
import { keys, queryClient, useQuota } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog, DialogBody } from "../../ui/dialog.tsx";
import { AreaField, NumberField } from "../../ui/field.tsx";
import { createForm, type FieldErrors } from "../../ui/form.ts";
import { MAIN } from "../../ui/meter.tsx";
import { showToast } from "../../ui/toast.tsx";
import { stopAsking, wanted, wish } from "./ask.ts";
import { openRequest, useMyRequests } from "./queries.ts";
import { RequestState } from "./request-state.tsx";
import styles from "./quota.module.css";

type Typed = Record<Resource, number | null> & { message: string };

const EMPTY = { message: "", ...Object.fromEntries(RESOURCES.map((resource) => [resource, null])) } as Typed;

export default function AskDialog(props: { tenantId: string }) {
  const quota = useQuota(() => props.tenantId);
  const requests = useMyRequests(() => props.tenantId);
  const open = createMemo(() => openRequest(requests.data?.requests));
  const rows = () => quota.data?.resources ?? [];
  const form = createForm<Typed>(EMPTY, (values) => problems(values, rows()));
  createEffect(
    on(wish, (limits) => {
      if (limits) form.reset({ ...EMPTY, ...limits });
    }),
  );
  const shown = () => {
    const named = Object.keys(wish() ?? {});
    return rows().filter((row) => isOffered(row) && (MAIN.includes(row.resource) || named.includes(row.resource)));
  };
  const rest = () => rows().filter((row) => isOffered(row) && !shown().includes(row));

  async function submit(event: SubmitEvent) {
    const done = await form.submit(event, (values) =>
      quotaApi.ask(props.tenantId, { wanted: wanted(typedLimits(values), rows()), message: values.message.trim() }),
    );
    void queryClient.invalidateQueries({ queryKey: keys.myRequests(props.tenantId) });
    if (!done) return;
    showToast({ tone: "good", text: t("ask.sent") });
    stopAsking();
  }

  const field = (row: QuotaView["resources"][number]) => (
    <NumberField
      label={resourceName(row.resource)}
      hint={t("ask.now", { used: amount(row.resource, row.used), limit: amount(row.resource, row.limit) })}
      name={row.resource}
      min={row.own ? row.limit : 0}
      {...(UNITS[row.resource] ? { unit: UNITS[row.resource] } : {})}
      placeholder={String(row.limit)}
      value={form.values[row.resource]}
      onValue={(value) => form.set(row.resource, value)}
      error={form.error(row.resource)}
    />
  );

  return (
    <Dialog open={wish() !== null} onClose={stopAsking} title={t("ask.title")} wide>
      <Show
        when={open()}
        fallback={
          <DialogForm form={form} onSubmit={submit} onClose={stopAsking} confirm={t("ask.send")}>
            <p class="quiet">{t("ask.help")}</p>
            <div class={styles.fields}>{shown().map(field)}</div>
            <details class={styles.more}>
              <summary>{t("limits.more")}</summary>
              <div class={styles.fields}>{rest().map(field)}</div>
            </details>
            <AreaField
              label={t("ask.message")}
              hint={t("ask.messageHint")}
              name="message"
              prose
              optional
              maxLength={1000}
              value={form.values.message}
              onValue={(value) => form.set("message", value)}
              error={form.error("message")}
            />
          </DialogForm>
        }
      >
        {(request) => (
          <DialogBody actions={<Button onClick={stopAsking}>{t("action.close")}</Button>}>
            <p>{t("ask.alreadyOpen")}</p>
            <RequestState request={request()} tenantId={props.tenantId} />
          </DialogBody>
        )}
      </Show>
    </Dialog>
  );
}

function typedLimits(values: Typed): Limits {
  return Object.fromEntries(
    RESOURCES.flatMap((resource) => {
      const value = values[resource];
      return value === null ? [] : [[resource, value]];
    }),
  );
}

/** Each figure must be more than there is, and at least one has to be named. */
function problems(values: Typed, rows: QuotaView["resources"]): FieldErrors {
  const typed = typedLimits(values);
  const low = rows.flatMap((row): [string, { code: string; params: Record<string, number> }][] => {
    const value = typed[row.resource];
    return value !== undefined && row.own && value < row.limit
      ? [[row.resource, { code: "too_small", params: { minimum: row.limit } }]]
      : [];
  });
  if (low.length > 0) return Object.fromEntries(low);
  if (Object.keys(wanted(typed, rows)).length > 0) return {};
  const first = rows.find((row) => MAIN.includes(row.resource) && isOffered(row)) ?? rows[0];
  return first ? { [first.resource]: { code: "ask_nothing" } } : {};
}

/** What is not handed out at all cannot be asked for. */
function isOffered(row: QuotaView["resources"][number]): boolean {
  return row.mode !== "reject";
}

const UNITS: Partial<Record<Resource, string>> = { memoryMiB: "MiB", diskGiB: "GiB", backupGiB: "GiB" };
