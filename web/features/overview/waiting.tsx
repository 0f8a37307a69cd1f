// What a new organisation sees until its reseller has looked at it.
import Hourglass from "lucide-solid/icons/hourglass";
import { brand } from "../../brand/front.ts";
import { t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { Empty, Page } from "../../ui/page.tsx";
import { keys, queryClient } from "../../queries.ts";

export function Waiting(props: { name: string }) {
  return (
    <Page title={props.name} narrow>
      <div class="card">
        <Empty
          icon={<Hourglass size={22} />}
          title={t("waiting.title")}
          text={t("waiting.text", { name: brand().name })}
          action={
            <Button onClick={() => void queryClient.invalidateQueries({ queryKey: keys.me })}>
              {t("waiting.look")}
            </Button>
          }
        />
      </div>
    </Page>
  );
}
