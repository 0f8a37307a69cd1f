// Another size for a service: said before it is tried that disks only grow, what it takes of the quota, and when it takes effect.
import { Show } from "solid-js";
import { growthOfService, preview, SIZE_BOUNDS } from "../../../worker/rules/quota.ts";
import type { Resource, ServiceView } from "../../../worker/rules/views.ts";
import { copiesApi } from "../../api-copies.ts";
import type { Size } from "../../api.ts";
import { number, t } from "../../i18n/language.ts";
import { amount, resourceName } from "../../i18n/words.ts";
import { useCatalogue, useQuota } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { NumberField } from "../../ui/field.tsx";
import { createForm, onChange, type FieldErrors } from "../../ui/form.ts";
import { Section } from "../../ui/page.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { applyAccepted } from "../feed/apply.ts";
import { useTenant } from "../frame/session.tsx";
import { QuotaEffect } from "../quota/effect.tsx";
import styles from "./service.module.css";

type Typed = Record<keyof Size, number | null>;

const RESOURCE_OF: Record<keyof Size, Resource> = { cores: "vcpu", memoryMiB: "memoryMiB", diskGiB: "diskGiB" };

export function SizeForm(props: { service: ServiceView; disabled: boolean }) {
  const { id } = useTenant();
  const quota = useQuota(id);
  const catalogue = useCatalogue(id);
  const present = (): Size => {
    const { cores, memoryMiB, diskGiB } = props.service;
    return { cores, memoryMiB, diskGiB };
  };
  // What the template asks for at least, where it is still offered; the Worker knows in any case.
  const template = () => catalogue.data?.templates.find((row) => row.id === props.service.template.id);
  const least = (): Size => ({
    cores: template()?.minCores ?? SIZE_BOUNDS.cores[0],
    memoryMiB: template()?.minMemoryMiB ?? SIZE_BOUNDS.memoryMiB[0],
    diskGiB: props.service.diskGiB,
  });
  const form = createForm<Typed>(present(), (values) => sizeFaults(values, least()));
  onChange(
    () => [props.service.id, props.service.cores, props.service.memoryMiB, props.service.diskGiB],
    () => form.reset(present()),
  );
  const wanted = (): Size => {
    const now = present();
    return {
      cores: form.values.cores ?? now.cores,
      memoryMiB: form.values.memoryMiB ?? now.memoryMiB,
      diskGiB: form.values.diskGiB ?? now.diskGiB,
    };
  };
  const isChanged = () => PARTS.some((part) => wanted()[part] !== present()[part]);
  const freed = () => PARTS.filter((part) => part !== "diskGiB" && wanted()[part] < present()[part]);
  let key = crypto.randomUUID();

  async function submit(event: SubmitEvent) {
    await form.submit(event, async () => {
      applyAccepted(id(), await copiesApi.resize(id(), props.service.id, wanted(), key));
    });
    key = crypto.randomUUID();
  }

  return (
    <Section title={t("size.title")}>
      <form novalidate class={styles.size} onSubmit={submit}>
        <div class={styles.fields}>
          <NumberField
            label={t("size.cores")}
            name="cores"
            min={least().cores}
            max={SIZE_BOUNDS.cores[1]}
            disabled={props.disabled}
            value={form.values.cores}
            onValue={(value) => form.set("cores", value)}
            error={form.error("cores")}
          />
          <NumberField
            label={t("size.memory")}
            name="memoryMiB"
            unit="MiB"
            min={least().memoryMiB}
            max={SIZE_BOUNDS.memoryMiB[1]}
            step={64}
            disabled={props.disabled}
            value={form.values.memoryMiB}
            onValue={(value) => form.set("memoryMiB", value)}
            error={form.error("memoryMiB")}
          />
          <NumberField
            label={t("size.disk")}
            hint={t("size.diskOnlyGrows", { amount: `${number(props.service.diskGiB)} GiB` })}
            name="diskGiB"
            unit="GiB"
            min={least().diskGiB}
            max={SIZE_BOUNDS.diskGiB[1]}
            disabled={props.disabled}
            value={form.values.diskGiB}
            onValue={(value) => form.set("diskGiB", value)}
            error={form.error("diskGiB")}
          />
        </div>
        <Show when={isChanged() && quota.data}>
          {(data) => (
            <QuotaEffect
              quota={data().resources}
              preview={preview(data().resources, growthOfService(present(), wanted()))}
            />
          )}
        </Show>
        <Show when={freed().length > 0}>
          <p class="quiet">
            {t("size.givesBack", {
              what: freed()
                .map((part) => {
                  const resource = RESOURCE_OF[part];
                  return `${resourceName(resource)}: ${amount(resource, present()[part] - wanted()[part])}`;
                })
                .join(", "),
            })}
          </p>
        </Show>
        <p class="small quiet">{t(effectOf(props.service))}</p>
        <ProblemNote problem={form.problem()} />
        <div class={styles.buttons}>
          <Button type="submit" variant="primary" busy={form.busy()} disabled={props.disabled || !isChanged()}>
            {t("size.change")}
          </Button>
          <Show when={isChanged()}>
            <Button onClick={() => form.reset(present())}>{t("size.undo")}</Button>
          </Show>
        </div>
      </form>
    </Section>
  );
}

const PARTS = ["cores", "memoryMiB", "diskGiB"] as const;

function sizeFaults(values: Typed, least: Size): FieldErrors {
  return Object.fromEntries(
    PARTS.flatMap((part): [string, FieldErrors[string]][] => {
      const value = values[part];
      const most = SIZE_BOUNDS[part][1];
      if (value === null) return [[part, { code: "required" }]];
      if (value < least[part]) return [[part, { code: "too_small", params: { minimum: least[part] } }]];
      return value > most ? [[part, { code: "too_big", params: { maximum: most } }]] : [];
    }),
  );
}

/** When a change takes effect: a machine reads what it has at its start, a container is told at once. */
function effectOf(service: ServiceView) {
  if (service.kind === "container") return "size.effectNow";
  return service.power === "stopped" ? "size.effectNextStart" : "size.effectRestart";
}
