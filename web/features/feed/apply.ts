// Writes the feed's events, and the answers of changes, into the query cache; tells the end of operations by a toast.
import { batch, createSignal } from "solid-js";
import type { Accepted, FeedEvent, MeView, OperationView, ServiceView } from "../../../worker/rules/views.ts";
import { t } from "../../i18n/language.ts";
import { isCalledOff, operationStatus, operationTitle, outcome, problemWords } from "../../i18n/words.ts";
import { keys, queryClient } from "../../queries.ts";
import { showToast, type Toast } from "../../ui/toast.tsx";
import {
  hasEnded,
  isOvertaken,
  mergeOperation,
  mergePower,
  mergeService,
  newerOperation,
  withoutService,
} from "./merge.ts";

interface ServiceList {
  services: ServiceView[];
}
interface ServicePage {
  service: ServiceView;
  operations: OperationView[];
}
interface OperationList {
  operations: OperationView[];
}
interface OperationPage {
  operation: OperationView;
  service: ServiceView | null;
}

type Live = NonNullable<ServiceView["live"]>;

export interface Sample extends Live {
  /** Memory in use as a fraction of what the guest has. */
  memory: number;
}

/** As many samples as a sparkline shows. */
const KEPT_SAMPLES = 60;
const [history, setHistory] = createSignal<ReadonlyMap<string, readonly Sample[]>>(new Map());

/** The latest samples of a service, oldest first. */
export function samplesOf(serviceId: string): readonly Sample[] {
  return history().get(serviceId) ?? [];
}

/** The latest sample of a running service; lists carry none, so it is kept apart from them. */
export function liveOf(service: Pick<ServiceView, "id" | "power">): Sample | null {
  return service.power === "running" ? (samplesOf(service.id).at(-1) ?? null) : null;
}

const told = new Set<string>();
let remedy: (tenant: string, operation: OperationView) => Toast["action"] = () => undefined;

/** Sets what is offered with the toast of something that came to nothing; the frame knows, this file does not. */
export function offerOnFailure(offer: typeof remedy): void {
  remedy = offer;
}

/** Takes one event into everything that is on show. */
export function applyEvent(tenant: string, event: FeedEvent): void {
  batch(() => {
    if (event.type === "operation") applyOperation(tenant, event.operation);
    else if (event.type === "service") applyService(tenant, event.service);
    else if (event.type === "service-gone") dropService(tenant, event.serviceId);
    else if (event.type === "tenant") void queryClient.invalidateQueries({ queryKey: keys.me });
    else if (event.type === "quota") applyQuota(tenant);
    else if (event.type === "live") applyLive(tenant, event);
  });
}

/** Takes the answer of a change (202) at once, ahead of the feed. */
export function applyAccepted(tenant: string, accepted: Accepted): void {
  batch(() => {
    // A backup may be of a service that is gone from every screen.
    if (accepted.operation.kind !== "backup_delete") applyService(tenant, accepted.service);
    applyOperation(tenant, accepted.operation);
    if (!queryClient.getQueryData(keys.operation(tenant, accepted.operation.id))) {
      queryClient.setQueryData<OperationPage>(keys.operation(tenant, accepted.operation.id), accepted);
    }
  });
}

/** After a gap in the feed: whatever is on show asks once. */
export function resume(tenant: string): void {
  void queryClient.invalidateQueries({ queryKey: keys.tenant(tenant) });
}

/** Charges, limits or requests have changed: all that shows figures of them asks anew, if it is on show. */
function applyQuota(tenant: string) {
  for (const queryKey of [keys.quota(tenant), keys.myRequests(tenant), keys.requests(tenant), keys.tree(tenant)])
    void queryClient.invalidateQueries({ queryKey });
  // The number of open requests stands with the memberships of those who decide about them.
  const me = queryClient.getQueryData<MeView>(keys.me);
  if (me?.tenants.some((row) => row.id === tenant && row.kind !== "tenant"))
    void queryClient.invalidateQueries({ queryKey: keys.me });
}

function applyOperation(tenant: string, operation: OperationView) {
  update<OperationList>(keys.operations(tenant), (page) => ({
    operations: mergeOperation(page.operations, operation),
  }));
  update<ServicePage>(keys.service(tenant, operation.serviceId), (page) => ({
    ...page,
    operations: mergeOperation(page.operations, operation),
  }));
  update<OperationPage>(keys.operation(tenant, operation.id), (page) => ({
    ...page,
    operation: newerOperation(page.operation, operation),
  }));
  if (hasEnded(operation) || operation.status === "queued") askCopies(tenant, operation);
  askAutomation(tenant, operation);
  if (hasEnded(operation)) tellEnd(tenant, operation);
}

/** Events tell no copies: what lists them asks anew when one begins or ends to be made or removed, if it is on show. */
function askCopies(tenant: string, { kind, serviceId }: OperationView) {
  const { snapshots, backups, pending } = keys;
  const stale = kind.startsWith("backup")
    ? [backups(tenant)]
    : kind === "restore" || kind === "restore_over" || kind === "delete"
      ? [backups(tenant), snapshots(tenant, serviceId)]
      : [snapshots(tenant, serviceId), pending(tenant, serviceId)];
  for (const queryKey of stale) void queryClient.invalidateQueries({ queryKey });
}

/** Runs of scripts go with their operations, and a schedule's run is one: what lists them asks anew, if it is on show. */
function askAutomation(tenant: string, operation: OperationView) {
  if (operation.steps.some(({ name, status }) => name.startsWith("scripts") && status !== "pending"))
    void queryClient.invalidateQueries({ queryKey: keys.serviceScripts(tenant, operation.serviceId) });
  if (operation.status === "queued") void queryClient.invalidateQueries({ queryKey: keys.schedules(tenant) });
}

function applyService(tenant: string, service: ServiceView) {
  if (isOvertaken(service, told)) return;
  update<ServiceList>(keys.services(tenant), (page) => ({ services: mergeService(page.services, service) }));
  update<ServicePage>(keys.service(tenant, service.id), (page) => ({
    ...page,
    service: mergeService([page.service], service)[0] ?? service,
  }));
  for (const [key, page] of queryClient.getQueriesData<OperationPage>({
    queryKey: [...keys.tenant(tenant), "operation"],
  })) {
    if (page?.operation.serviceId === service.id) queryClient.setQueryData<OperationPage>(key, { ...page, service });
  }
}

function dropService(tenant: string, serviceId: string) {
  update<ServiceList>(keys.services(tenant), (page) => ({ services: withoutService(page.services, serviceId) }));
  setHistory((all) => new Map([...all].filter(([id]) => id !== serviceId)));
  for (const [key, page] of queryClient.getQueriesData<OperationPage>({
    queryKey: [...keys.tenant(tenant), "operation"],
  })) {
    if (page?.operation.serviceId === serviceId)
      queryClient.setQueryData<OperationPage>(key, { ...page, service: null });
  }
  // The page of a service that is gone shows so by itself; its data must not outlive it.
  update<ServicePage>(keys.service(tenant, serviceId), (page) => ({
    ...page,
    service: { ...page.service, state: "deleting" },
  }));
  gone.add(serviceId);
  setGoneCount((count) => count + 1);
}

const gone = new Set<string>();
const [goneCount, setGoneCount] = createSignal(0);

/** True once the feed has said that a service is gone. */
export function isGone(serviceId: string): boolean {
  return goneCount() > 0 && gone.has(serviceId);
}

function applyLive(tenant: string, event: Extract<FeedEvent, { type: "live" }>) {
  update<ServiceList>(keys.services(tenant), (page) => {
    const services = mergePower(page.services, event.samples);
    return services === page.services ? page : { services };
  });
  for (const sample of event.samples) {
    update<ServicePage>(keys.service(tenant, sample.serviceId), (page) => {
      const service = mergePower([page.service], [sample])[0] ?? page.service;
      return service === page.service ? page : { ...page, service };
    });
  }
  setHistory((all) => {
    const next = new Map(all);
    for (const { serviceId, live } of event.samples) {
      if (live === null) next.delete(serviceId);
      else {
        const sample = { ...live, memory: live.maxMemoryBytes > 0 ? live.memoryBytes / live.maxMemoryBytes : 0 };
        next.set(serviceId, [...(next.get(serviceId) ?? []), sample].slice(-KEPT_SAMPLES));
      }
    }
    return next;
  });
}

function tellEnd(tenant: string, operation: OperationView) {
  if (told.has(operation.id)) return;
  told.add(operation.id);
  const ok = operation.status === "succeeded";
  const base = `/t/${tenant}`;
  if (isCalledOff(operation)) {
    const text = `${operationTitle(operation)}: ${operationStatus(operation)}`;
    showToast({ tone: "plain", text, href: `${base}/operations/${operation.id}` });
    return;
  }
  // What has come about although a script of it failed.
  const stumbled = ok && operation.error !== null;
  showToast({
    tone: ok && !stumbled ? "good" : "bad",
    text: outcome(operation.kind, ok, operation.serviceName),
    ...(stumbled
      ? { detail: t("scripts.stumbled") }
      : operation.error
        ? { detail: problemWords(operation.error.code, operation.error.params).what }
        : {}),
    action: ok ? undefined : remedy(tenant, operation),
    href:
      !ok || stumbled
        ? `${base}/operations/${operation.id}`
        : operation.kind === "delete"
          ? undefined
          : operation.kind === "backup_delete"
            ? `${base}/backups`
            : `${base}/services/${operation.serviceId}`,
  });
}

/** Changes what the cache holds under a key; nothing where it holds nothing or nothing changed. */
function update<T>(key: readonly unknown[], change: (data: T) => T) {
  const data = queryClient.getQueryData<T>(key);
  if (data === undefined) return;
  const next = change(data);
  if (next !== data) queryClient.setQueryData<T>(key, next);
}
