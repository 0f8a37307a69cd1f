// What a new tenant is given when it comes by signing up.
import { createEffect, on } from "solid-js";
import { RESOURCES, type Resource } from "../../../worker/rules/views.ts";
import { treeApi } from "../../api-tree.ts";
import { t } from "../../i18n/language.ts";
import { resourceName } from "../../i18n/words.ts";
import { keys, queryClient } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { NumberField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { Load } from "../../ui/load.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { showToast } from "../../ui/toast.tsx";
import { useData } from "../../use-data.ts";
import type { Limits } from "../../../worker/rules/views-tree.ts";
import { emptyLimits, type TypedLimits } from "../reseller/carve.ts";
import { UNITS } from "../reseller/limit-fields.tsx";
import styles from "./storefront.module.css";

export function Defaults(props: { of: string; canChange: boolean }) {
  const defaults = useData(() => ({ queryKey: keys.defaults(props.of), queryFn: () => treeApi.defaults(props.of) }));
  return <Load query={defaults}>{(data) => <Form {...props} limits={data().limits} />}</Load>;
}

function Form(props: { of: string; canChange: boolean; limits: Limits }) {
  const form = createForm<TypedLimits>({ ...emptyLimits(), ...props.limits });
  createEffect(
    on(
      () => props.of,
      () => form.reset({ ...emptyLimits(), ...props.limits }),
      { defer: true },
    ),
  );

  async function submit(event: SubmitEvent) {
    if (!(await form.submit(event, (values) => treeApi.saveDefaults(props.of, body(values))))) return;
    void queryClient.invalidateQueries({ queryKey: keys.defaults(props.of) });
    showToast({ tone: "good", text: t("defaults.saved") });
  }

  return (
    <form class={styles.fields} novalidate onSubmit={submit}>
      <p class="quiet">{t("defaults.help")}</p>
      <div class={styles.quads}>
        {RESOURCES.map((resource: Resource) => (
          <NumberField
            label={resourceName(resource)}
            name={resource}
            min={0}
            placeholder="0"
            {...(UNITS[resource] ? { unit: UNITS[resource] } : {})}
            disabled={!props.canChange}
            value={form.values[resource]}
            onValue={(value) => form.set(resource, value)}
            error={form.error(resource)}
          />
        ))}
      </div>
      <ProblemNote problem={form.problem()} />
      <div>
        <Button type="submit" busy={form.busy()} disabled={!props.canChange}>
          {t("defaults.save")}
        </Button>
      </div>
    </form>
  );
}

/** What was left empty is given nothing. */
function body(values: TypedLimits): Limits {
  return Object.fromEntries(RESOURCES.flatMap((resource) => (values[resource] ? [[resource, values[resource]]] : [])));
}
