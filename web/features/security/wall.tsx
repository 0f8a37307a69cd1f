// In place of a tenant's pages, where it demands a second factor and this session has shown none.
import ShieldAlert from "lucide-solid/icons/shield-alert";
import { createMemo, Show } from "solid-js";
import { t } from "../../i18n/language.ts";
import { LinkButton } from "../../ui/button.tsx";
import { Load } from "../../ui/load.tsx";
import { Empty, Page } from "../../ui/page.tsx";
import { SignInAgain } from "./again.tsx";
import { useSecurity } from "./use-security.ts";

export default function SecondFactorWall(props: { tenantName: string }) {
  const security = useSecurity();
  const hasOne = createMemo(() => security.data?.totp.enabled === true || (security.data?.passkeys.length ?? 0) > 0);
  return (
    <Page title={props.tenantName} narrow>
      <Load query={security}>
        {() => (
          <div class="card" data-problem="second_factor_required">
            <Empty
              icon={<ShieldAlert size={22} />}
              title={t("wall.title", { name: props.tenantName })}
              text={t(hasOne() ? "wall.haveOne" : "wall.haveNone")}
              action={
                <Show
                  when={hasOne()}
                  fallback={
                    <LinkButton variant="primary" href="/account/security">
                      {t("wall.setUp")}
                    </LinkButton>
                  }
                >
                  <SignInAgain primary />
                </Show>
              }
            />
          </div>
        )}
      </Load>
    </Page>
  );
}
