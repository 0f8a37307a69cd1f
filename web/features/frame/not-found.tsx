// What is shown where there is no page, and where a page broke.
import { A } from "@solidjs/router";
import Compass from "lucide-solid/icons/compass";
import { problemOf } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { Empty, Page } from "../../ui/page.tsx";
import { ProblemNote } from "../../ui/problem.tsx";

export function NotFound() {
  return (
    <Page title={t("notFound.title")} narrow>
      <Empty
        icon={<Compass size={22} />}
        title={t("notFound.heading")}
        text={t("notFound.text")}
        action={<A href="/">{t("notFound.home")}</A>}
      />
    </Page>
  );
}

export function Broken(props: { thrown: unknown; reset: () => void }) {
  console.error(props.thrown);
  return (
    <Page title={t("broken.title")} narrow>
      <ProblemNote
        problem={problemOf(props.thrown)}
        action={
          <Button small onClick={() => location.reload()}>
            {t("broken.reload")}
          </Button>
        }
      />
    </Page>
  );
}
