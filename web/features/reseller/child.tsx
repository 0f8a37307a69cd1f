// The page of one tenant below: how it stands, who owns it, what it uses, and what can be done to it.
import { useNavigate, useParams } from "@solidjs/router";
import { createEffect, For, Show, type JSX } from "solid-js";
import { problemOf } from "../../api.ts";
import type { ChildDetailView } from "../../../worker/rules/views-tree.ts";
import { dateTime, t, tCount, type Key } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { Load } from "../../ui/load.tsx";
import { QuotaMeters } from "../../ui/meter.tsx";
import { keys, queryClient } from "../../queries.ts";
import { showToast } from "../../ui/toast.tsx";
import { Page, Section, Skeleton } from "../../ui/page.tsx";
import { RESOURCES } from "../../../worker/rules/views.ts";
import { useAbove, useChild, useTree } from "./above.ts";
import { childActions, ChildMenu, type ChildRef } from "./child-actions.tsx";
import { ChildDialogs } from "./child-dialogs.tsx";
import { TenantStatusMark } from "./tenant-status.tsx";
import styles from "./reseller.module.css";

export default function Child() {
  const above = useAbove();
  const params = useParams<{ child: string }>();
  const child = useChild(above.id, () => params.child);
  const navigate = useNavigate();
  // Once the teardown has come to its end there is nothing left to show; that is told once, however often it is asked about.
  let isTold = false;
  createEffect(() => {
    if (isTold || child.data?.child.status !== "deleting" || !child.isError) return;
    if (problemOf(child.error).code !== "not_found") return;
    isTold = true;
    showToast({ tone: "good", text: t("teardown.done", { name: child.data.child.name }) });
    void queryClient.invalidateQueries({ queryKey: keys.tenant(above.id()) });
    navigate(`${above.base()}/tenants`, { replace: true });
  });
  const crumbs = () => [
    { label: t(above.isPlatform() ? "nav.allTenants" : "nav.tenants"), href: `${above.base()}/tenants` },
  ];
  const frame = (title: string, inner: JSX.Element) => (
    <Page title={title} crumbs={crumbs()}>
      {inner}
    </Page>
  );
  return (
    <>
      <Load query={child} skeleton={<Skeleton rows={6} />} frame={frame}>
        {(data) => (
          <Page
            title={data().child.name}
            crumbs={crumbs()}
            aside={<TenantStatusMark status={data().child.status} />}
            actions={<Actions child={data().child} />}
          >
            <Standing child={data().child} />
            <Section title={t("quota.title")}>
              <QuotaMeters rows={data().child.quota} only={RESOURCES} />
            </Section>
            <Section title={t("children.facts")}>
              <Facts child={data().child} />
            </Section>
          </Page>
        )}
      </Load>
      <ChildDialogs above={above} />
    </>
  );
}

function Actions(props: { child: ChildDetailView }) {
  const above = useAbove();
  const navigate = useNavigate();
  const tree = useTree(above.id);
  const direct = () => tree.data?.nodes[0]?.id === props.child.parentId;
  const ref = (): ChildRef => props.child;
  const items = () => childActions({ child: ref(), direct: direct(), above });
  return (
    <>
      <For each={items()}>
        {(item) => (
          <Button icon={item.icon} onClick={() => (item.href ? navigate(item.href) : item.onSelect?.())}>
            {item.label}
          </Button>
        )}
      </For>
      <ChildMenu child={ref()} direct={direct()} above={above} />
    </>
  );
}

/** What is unusual about it now, told first. */
function Standing(props: { child: ChildDetailView }) {
  return (
    <>
      <Show when={props.child.status === "deleting" && props.child.left}>
        {(left) => (
          <div class={styles.notice} role="status" data-left={JSON.stringify(left())}>
            <strong>{t("teardown.title")}</strong>
            <p>{t("teardown.progress")}</p>
            <ul>
              <For each={["children", "services", "backups", "clusters"] as const}>
                {(part) => (
                  <Show when={left()[part] > 0} fallback={<li data-done>{t(`teardown.${part}.none`)}</li>}>
                    <li>{tCount(`teardown.${part}`, left()[part])}</li>
                  </Show>
                )}
              </For>
            </ul>
          </div>
        )}
      </Show>
      <Show when={props.child.status === "pending"}>
        <div class={styles.notice}>
          <strong>{t("children.pendingTitle")}</strong>
          <p>{t("children.pendingText")}</p>
        </div>
      </Show>
      <Show when={props.child.status === "suspended" || props.child.isHeldFromAbove}>
        <div class={styles.notice}>
          <strong>
            {props.child.isHeldFromAbove && props.child.status !== "suspended"
              ? t("children.heldFromAbove")
              : props.child.statusAt === null
                ? t("tenants.suspended")
                : t("children.suspendedSince", { when: dateTime(props.child.statusAt) })}
          </strong>
          <Show when={props.child.reason}>
            <p>{props.child.reason}</p>
          </Show>
        </div>
      </Show>
    </>
  );
}

function Facts(props: { child: ChildDetailView }) {
  return (
    <dl class={styles.facts}>
      <div>
        <dt>{t("children.kind")}</dt>
        <dd>{t(`kind.${props.child.kind}` as Key)}</dd>
      </div>
      <div>
        <dt>{t("children.owners")}</dt>
        <dd>
          <For each={props.child.owners} fallback={<span class="quiet">{t("children.noOwner")}</span>}>
            {(owner) => (
              <p>
                {owner.name} <span class="quiet">{owner.email}</span>
              </p>
            )}
          </For>
          <For each={props.child.invited}>
            {(person) => (
              <p class="quiet">
                {t("children.invited", { email: person.email, role: t(`role.${person.role}` as Key) })}
              </p>
            )}
          </For>
        </dd>
      </div>
      <div>
        <dt>{t("nav.services")}</dt>
        <dd class="figures">{props.child.services}</dd>
      </div>
      <div>
        <dt>{t("children.since")}</dt>
        <dd>{dateTime(props.child.createdAt)}</dd>
      </div>
      <div>
        <dt>{t("service.id")}</dt>
        <dd class="mono small">{props.child.id}</dd>
      </div>
    </dl>
  );
}
