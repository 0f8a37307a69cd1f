// The way on from a refused quota: a button that asks for exactly what is missing.
import ArrowUpRight from "lucide-solid/icons/arrow-up-right";
import { useParams } from "@solidjs/router";
import { Show } from "solid-js";
import type { QuotaPreview } from "../../../worker/rules/views.ts";
import { t } from "../../i18n/language.ts";
import { amount, resourceName } from "../../i18n/words.ts";
import { Button } from "../../ui/button.tsx";
import { mayIn, useSession } from "../frame/session.tsx";
import { askForMore, shortOf, wishFor } from "./ask.ts";

export default function AskRemedy(props: { rows: QuotaPreview["resources"] }) {
  const params = useParams<{ tenant?: string }>();
  const { tenant } = useSession();
  const short = () => shortOf(props.rows);
  const offered = () => {
    const here = tenant();
    return (
      params.tenant !== undefined && here !== null && here.open && mayIn(here, "quota.request") && short().length > 0
    );
  };
  const words = () => {
    const [only, ...others] = short();
    return only && others.length === 0
      ? t("ask.forMore", { amount: amount(only.resource, only.amount), resource: resourceName(only.resource) })
      : t("ask.forThese");
  };
  return (
    <Show when={offered()}>
      <Button small icon={ArrowUpRight} onClick={() => askForMore(wishFor(props.rows))}>
        {words()}
      </Button>
    </Show>
  );
}
