// A person's own security: second factor, passkeys, password, sessions, providers.
import Building from "lucide-solid/icons/landmark";
import { useQueryClient } from "@tanstack/solid-query";
import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import { t } from "../../i18n/language.ts";
import { keys } from "../../queries.ts";
import { Load } from "../../ui/load.tsx";
import { Page, Section } from "../../ui/page.tsx";
import { useSession } from "../frame/session.tsx";
import { PasskeySection } from "./passkeys.tsx";
import { PasswordSection } from "./password.tsx";
import { SessionSection } from "./sessions.tsx";
import { TotpSection } from "./totp.tsx";
import { useSecurity } from "./use-security.ts";
import styles from "./security.module.css";

export default function Security() {
  const client = useQueryClient();
  const { me } = useSession();
  const security = useSecurity();
  // Whether a tenant still asks for a second factor may have changed with it.
  const changed = () => {
    void client.invalidateQueries({ queryKey: keys.security });
    void client.invalidateQueries({ queryKey: keys.me });
  };
  return (
    <Page title={t("security.title")} narrow>
      <Load query={security}>
        {(data) => (
          <>
            <TotpSection security={data()} onChange={changed} />
            <PasskeySection security={data()} onChange={changed} />
            <PasswordSection hasPassword={data().hasPassword} email={me().user.email} onChange={changed} />
            <SessionSection security={data()} onChange={changed} />
            <Show when={data().providers.length > 0}>
              <Section title={t("security.providers")} flush>
                <ul class={styles.rows}>
                  <For each={data().providers}>
                    {(provider) => (
                      <li class={styles.row}>
                        <Building size={18} aria-hidden="true" />
                        <b class={styles.what}>{provider.name}</b>
                      </li>
                    )}
                  </For>
                </ul>
              </Section>
            </Show>
            <p>
              <A href="/account/audit">{t("audit.ownLink")}</A>
            </p>
          </>
        )}
      </Load>
    </Page>
  );
}
