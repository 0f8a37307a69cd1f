// Requests for more from below: what is wished for, what granting it does to one's own quota, and the decision.
import { A } from "@solidjs/router";
import Check from "lucide-solid/icons/check";
import Inbox from "lucide-solid/icons/inbox";
import X from "lucide-solid/icons/x";
import { createEffect, createSignal, For, on, Show } from "solid-js";
import type { ChildQuotaRow, Limits, QuotaRequestView } from "../../../worker/rules/views-tree.ts";
import { RESOURCES } from "../../../worker/rules/views.ts";
import { quotaApi } from "../../api-tree.ts";
import { ago, t } from "../../i18n/language.ts";
import { amount, resourceName } from "../../i18n/words.ts";
import { Button } from "../../ui/button.tsx";
import { useNow } from "../../ui/clock.ts";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { AreaField, NumberField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { Load } from "../../ui/load.tsx";
import { Empty, Page, Section } from "../../ui/page.tsx";
import { showToast } from "../../ui/toast.tsx";
import { faults } from "../account/checks.ts";
import { RequestMark, Wishes } from "../quota/request-state.tsx";
import { refreshTree, useAbove, useOwnQuota, useRequests, type Above } from "./above.ts";
import { CarveEffect } from "./carve-effect.tsx";
import { emptyLimits, type TypedLimits } from "./carve.ts";
import { UNITS } from "./limit-fields.tsx";
import limits from "./limits.module.css";
import styles from "./requests.module.css";

export default function Requests() {
  const above = useAbove();
  const requests = useRequests(above.id);
  const [approving, setApproving] = createSignal<QuotaRequestView | null>(null);
  const [declining, setDeclining] = createSignal<QuotaRequestView | null>(null);
  return (
    <Page title={t("nav.requests")}>
      <Load query={requests}>
        {(data) => {
          const open = () => data().requests.filter((request) => request.status === "open");
          const decided = () => data().requests.filter((request) => request.status !== "open");
          return (
            <>
              <Show
                when={open().length > 0}
                fallback={
                  <div class="card">
                    <Empty icon={<Inbox size={22} />} title={t("requests.none")} text={t("requests.noneText")} />
                  </div>
                }
              >
                <ul class={styles.list}>
                  <For each={open()}>
                    {(request) => (
                      <li
                        class={`card ${styles.request}`}
                        data-request-id={request.id}
                        data-request-status={request.status}
                      >
                        <Asked request={request} above={above} />
                        <Show when={above.can("children.manage")}>
                          <div class={styles.buttons}>
                            <Button variant="primary" icon={Check} onClick={() => setApproving(request)}>
                              {t("requests.approve")}
                            </Button>
                            <Button icon={X} onClick={() => setDeclining(request)}>
                              {t("requests.decline")}
                            </Button>
                          </div>
                        </Show>
                      </li>
                    )}
                  </For>
                </ul>
              </Show>
              <Show when={decided().length > 0}>
                <Section title={t("requests.decided")} flush>
                  <ul>
                    <For each={decided()}>
                      {(request) => (
                        <li class={styles.past} data-request-id={request.id} data-request-status={request.status}>
                          <Asked request={request} above={above} />
                        </li>
                      )}
                    </For>
                  </ul>
                </Section>
              </Show>
            </>
          );
        }}
      </Load>
      <ApproveDialog above={above} request={approving()} onClose={() => setApproving(null)} />
      <DeclineDialog above={above} request={declining()} onClose={() => setDeclining(null)} />
    </Page>
  );
}

function Asked(props: { request: QuotaRequestView; above: Above }) {
  const now = useNow();
  return (
    <div class={styles.asked}>
      <header>
        <h2>
          <A href={`${props.above.base()}/tenants/${props.request.tenant.id}`}>{props.request.tenant.name}</A>
        </h2>
        <Show when={props.request.status !== "open"}>
          <RequestMark request={props.request} />
        </Show>
        <span class="small quiet">
          {t("request.askedBy", { name: props.request.askedBy, when: ago(props.request.createdAt, now()) })}
        </span>
      </header>
      <Wishes wanted={props.request.wanted} granted={props.request.granted} now={props.request.now} />
      <Show when={props.request.status === "open"}>
        <p class="small quiet">
          {props.request.now
            .map((row) =>
              t("requests.uses", { resource: resourceName(row.resource), amount: amount(row.resource, row.used) }),
            )
            .join(" · ")}
        </p>
      </Show>
      <Show when={props.request.message}>
        <p class={styles.words}>“{props.request.message}”</p>
      </Show>
      <Show when={props.request.answer}>
        <p class={styles.words}>
          <b>{props.request.decidedBy ?? t("request.answer")}:</b> {props.request.answer}
        </p>
      </Show>
    </div>
  );
}

interface DecisionProps {
  above: Above;
  request: QuotaRequestView | null;
  onClose: () => void;
}

function ApproveDialog(props: DecisionProps) {
  const quota = useOwnQuota(props.above);
  const form = createForm<TypedLimits & { message: string }>({ ...emptyLimits(), message: "" });
  const wanted = () => RESOURCES.filter((resource) => props.request?.wanted[resource] !== undefined);
  // What is shared now has no limit of its own that could be given back.
  const before = (): ChildQuotaRow[] =>
    (props.request?.now ?? []).flatMap(({ resource, limit, used, own }) =>
      own ? [{ resource, mode: "carve", limit, used }] : [],
    );
  const granted = (values: TypedLimits): Limits =>
    Object.fromEntries(wanted().map((resource) => [resource, values[resource] ?? 0]));
  createEffect(
    on(
      () => props.request?.id,
      () => form.reset({ ...emptyLimits(), ...props.request?.wanted, message: "" }),
    ),
  );

  async function submit(event: SubmitEvent) {
    const { request } = props;
    if (!request) return;
    const done = await form.submit(event, (values) =>
      quotaApi.approveRequest(props.above.id(), request.id, {
        limits: granted(values),
        message: values.message.trim(),
      }),
    );
    refreshTree(props.above.id());
    if (!done) return;
    showToast({ tone: "good", text: t("requests.approved", { name: request.tenant.name }) });
    props.onClose();
  }

  return (
    <Dialog
      open={props.request !== null}
      onClose={props.onClose}
      title={t("requests.approveTitle", { name: props.request?.tenant.name ?? "" })}
      wide
    >
      <DialogForm form={form} onSubmit={submit} onClose={props.onClose} confirm={t("requests.approve")}>
        <p class="quiet">{t("requests.approveHelp")}</p>
        <div class={limits.pair}>
          <For each={wanted()}>
            {(resource) => {
              const now = () => props.request?.now.find((row) => row.resource === resource);
              return (
                <NumberField
                  label={resourceName(resource)}
                  hint={t("ask.now", {
                    used: amount(resource, now()?.used ?? 0),
                    limit: amount(resource, now()?.limit ?? 0),
                  })}
                  name={resource}
                  min={0}
                  {...(UNITS[resource] ? { unit: UNITS[resource] } : {})}
                  value={form.values[resource]}
                  onValue={(value) => form.set(resource, value)}
                  error={form.error(resource)}
                />
              );
            }}
          </For>
        </div>
        <CarveEffect quota={quota.rows()} carve={{ limits: granted(form.values) }} before={before()} />
        <AreaField
          label={t("requests.message")}
          name="message"
          prose
          optional
          maxLength={1000}
          value={form.values.message}
          onValue={(value) => form.set("message", value)}
          error={form.error("message")}
        />
      </DialogForm>
    </Dialog>
  );
}

function DeclineDialog(props: DecisionProps) {
  const form = createForm({ message: "" }, (values) =>
    faults({ message: values.message.trim() === "" ? "required" : null }),
  );
  createEffect(
    on(
      () => props.request?.id,
      () => form.reset(),
    ),
  );

  async function submit(event: SubmitEvent) {
    const { request } = props;
    if (!request) return;
    const done = await form.submit(event, (values) =>
      quotaApi.declineRequest(props.above.id(), request.id, values.message.trim()),
    );
    refreshTree(props.above.id());
    if (!done) return;
    showToast({ tone: "plain", text: t("requests.declined", { name: request.tenant.name }) });
    props.onClose();
  }

  return (
    <Dialog
      open={props.request !== null}
      onClose={props.onClose}
      title={t("requests.declineTitle", { name: props.request?.tenant.name ?? "" })}
    >
      <DialogForm form={form} onSubmit={submit} onClose={props.onClose} confirm={t("requests.decline")} danger>
        <AreaField
          label={t("requests.message")}
          hint={t("requests.declineHint")}
          name="message"
          prose
          maxLength={1000}
          value={form.values.message}
          onValue={(value) => form.set("message", value)}
          error={form.error("message")}
        />
      </DialogForm>
    </Dialog>
  );
}
