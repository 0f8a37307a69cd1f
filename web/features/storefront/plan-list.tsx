// Plans of a reseller or of the platform: the sizes that the launch form offers below it.
import Plus from "lucide-solid/icons/plus";
import Ruler from "lucide-solid/icons/ruler";
import Trash2 from "lucide-solid/icons/trash";
import { createSignal, For, Show } from "solid-js";
import type { PlanView } from "../../../worker/rules/views.ts";
import { treeApi } from "../../api-tree.ts";
import { problemOf } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { problemWords, sizeText } from "../../i18n/words.ts";
import { keys, queryClient } from "../../queries.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Load } from "../../ui/load.tsx";
import { Empty } from "../../ui/page.tsx";
import { showToast } from "../../ui/toast.tsx";
import { useData } from "../../use-data.ts";
import { PlanDialog } from "./plan-dialog.tsx";
import styles from "./storefront.module.css";

export function PlanList(props: { of: string; canChange: boolean; none: string }) {
  const plans = useData(() => ({ queryKey: keys.plansOf(props.of), queryFn: () => treeApi.plans(props.of) }));
  const [adding, setAdding] = createSignal(false);
  const add = (words: string) => (
    <Show when={props.canChange}>
      <Button icon={Plus} onClick={() => setAdding(true)}>
        {words}
      </Button>
    </Show>
  );

  async function remove(plan: PlanView) {
    try {
      await treeApi.removePlan(props.of, plan.id);
      showToast({ tone: "plain", text: t("plans.removed", { name: plan.name }) });
    } catch (thrown) {
      showToast({ tone: "bad", text: problemWords(problemOf(thrown).code).what });
    } finally {
      void queryClient.invalidateQueries({ queryKey: keys.plansOf(props.of) });
    }
  }

  return (
    <>
      <Load query={plans}>
        {(data) => (
          <Show
            when={data().plans.length > 0}
            fallback={
              <Empty
                icon={<Ruler size={22} />}
                title={t("plans.none")}
                text={props.none}
                action={add(t("plans.addFirst"))}
              />
            }
          >
            <ul>
              <For each={data().plans}>
                {(plan) => (
                  <li class={styles.plan} data-plan-id={plan.id}>
                    <b>{plan.name}</b>
                    <span class="figures">{sizeText(plan)}</span>
                    <Show when={props.canChange}>
                      <IconButton
                        icon={Trash2}
                        label={t("plans.remove", { name: plan.name })}
                        onClick={() => void remove(plan)}
                      />
                    </Show>
                  </li>
                )}
              </For>
            </ul>
            <div class={styles.addPlan}>{add(t("plans.add"))}</div>
          </Show>
        )}
      </Load>
      <PlanDialog of={props.of} open={adding()} onClose={() => setAdding(false)} />
    </>
  );
}
