// Plans: the sizes that the launch form offers as cards.
import { useQueryClient } from "@tanstack/solid-query";
import Plus from "lucide-solid/icons/plus";
import Ruler from "lucide-solid/icons/ruler";
import { createEffect, createSignal, For, on, Show } from "solid-js";
import { tenantNameProblem } from "../../../worker/rules/names.ts";
import { SIZE_BOUNDS } from "../../../worker/rules/quota.ts";
import { api } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { sizeText } from "../../i18n/words.ts";
import { keys } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogBody } from "../../ui/dialog.tsx";
import { NumberField, TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { Load } from "../../ui/load.tsx";
import { Empty, Page } from "../../ui/page.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { faults } from "../account/checks.ts";
import styles from "./operator.module.css";
import { useData } from "../../use-data.ts";

export default function Plans() {
  const plans = useData(() => ({ queryKey: keys.plans, queryFn: api.plans }));
  const [adding, setAdding] = createSignal(false);
  const add = (words: string) => (
    <Button variant="primary" icon={Plus} onClick={() => setAdding(true)}>
      {words}
    </Button>
  );
  return (
    <Page title={t("nav.plans")} actions={add(t("plans.add"))}>
      <div class="card">
        <Load query={plans}>
          {(data) => (
            <Show
              when={data().plans.length > 0}
              fallback={
                <Empty
                  icon={<Ruler size={22} />}
                  title={t("plans.none")}
                  text={t("plans.noneText")}
                  action={add(t("plans.addFirst"))}
                />
              }
            >
              <ul class={styles.rows}>
                <For each={data().plans}>
                  {(plan) => (
                    <li class={styles.row} data-plan-id={plan.id}>
                      <b class={styles.who}>{plan.name}</b>
                      <span class="figures">{sizeText(plan)}</span>
                    </li>
                  )}
                </For>
              </ul>
            </Show>
          )}
        </Load>
      </div>
      <PlanDialog open={adding()} onClose={() => setAdding(false)} />
    </Page>
  );
}

const START = { name: "", cores: 1 as number | null, memoryMiB: 1024 as number | null, diskGiB: 10 as number | null };

const SIZES = [
  ["cores", "vCPU", "size.cores"],
  ["memoryMiB", "MiB", "size.memory"],
  ["diskGiB", "GiB", "size.disk"],
] as const;

function PlanDialog(props: { open: boolean; onClose: () => void }) {
  const client = useQueryClient();
  const form = createForm(START, (values) =>
    faults({
      name: tenantNameProblem(values.name),
      ...Object.fromEntries(
        SIZES.map(([field]) => {
          const value = values[field];
          const [least, most] = SIZE_BOUNDS[field];
          return [field, value === null ? "required" : value < least ? "too_small" : value > most ? "too_big" : null];
        }),
      ),
    }),
  );
  createEffect(
    on(
      () => props.open,
      () => form.reset(),
      { defer: true },
    ),
  );

  async function submit(event: SubmitEvent) {
    const done = await form.submit(event, (values) =>
      api.addPlan({
        name: values.name.trim(),
        cores: values.cores ?? 0,
        memoryMiB: values.memoryMiB ?? 0,
        diskGiB: values.diskGiB ?? 0,
      }),
    );
    if (!done) return;
    void client.invalidateQueries({ queryKey: keys.plans });
    props.onClose();
  }

  return (
    <Dialog open={props.open} onClose={props.onClose} title={t("plans.add")}>
      <form novalidate onSubmit={submit}>
        <DialogBody
          actions={
            <>
              <Button onClick={props.onClose}>{t("action.cancel")}</Button>
              <Button type="submit" variant="primary" busy={form.busy()}>
                {t("action.save")}
              </Button>
            </>
          }
        >
          <TextField
            label={t("plans.name")}
            name="name"
            autocomplete="off"
            value={form.values.name}
            onValue={(value) => form.set("name", value)}
            error={form.error("name")}
            autofocus
          />
          {SIZES.map(([field, unit, words]) => (
            <NumberField
              label={t(words)}
              name={field}
              unit={unit}
              value={form.values[field]}
              onValue={(value) => form.set(field, value)}
              error={form.error(field)}
            />
          ))}
          <ProblemNote problem={form.problem()} />
        </DialogBody>
      </form>
    </Dialog>
  );
}
