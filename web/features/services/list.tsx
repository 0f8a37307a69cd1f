// The page of all services of a tenant.
import Rocket from "lucide-solid/icons/rocket";
import Server from "lucide-solid/icons/server";
import { Show } from "solid-js";
import { t } from "../../i18n/language.ts";
import { useServices } from "../../queries.ts";
import { LinkButton } from "../../ui/button.tsx";
import { Load } from "../../ui/load.tsx";
import { Empty, Page } from "../../ui/page.tsx";
import { useTenant } from "../frame/session.tsx";
import { ServiceTable } from "./table.tsx";

export default function Services() {
  const { id, canChange } = useTenant();
  const services = useServices(id);
  const launch = (words: string) => (
    <Show when={canChange()}>
      <LinkButton href={`/t/${id()}/launch`} variant="primary" icon={Rocket}>
        {words}
      </LinkButton>
    </Show>
  );
  return (
    <Page title={t("nav.services")} actions={launch(t("nav.launch"))}>
      <div class="card">
        <Load query={services}>
          {(data) => (
            <Show
              when={data().services.length > 0}
              fallback={
                <Empty
                  icon={<Server size={22} />}
                  title={t("services.none")}
                  text={t("services.noneText")}
                  action={launch(t("services.launchFirst"))}
                />
              }
            >
              <ServiceTable services={data().services} />
            </Show>
          )}
        </Load>
      </div>
    </Page>
  );
}
