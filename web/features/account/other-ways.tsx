// Ways to sign in without a password: a passkey, or one of the providers that this deployment knows.
import Fingerprint from "lucide-solid/icons/fingerprint-pattern";
import { createSignal, For, Show } from "solid-js";
import type { Problem } from "../../../worker/rules/views.ts";
import { problemOf } from "../../api.ts";
import { peopleApi } from "../../api-people.ts";
import { t, type Key } from "../../i18n/language.ts";
import { useConfig } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { PasskeyRefusal, passkeysPossible, usePasskey } from "../security/webauthn.ts";
import styles from "./account.module.css";

export function OtherWays(props: { returnPath: string; onDone: () => void }) {
  const config = useConfig();
  const [busy, setBusy] = createSignal<string | null>(null);
  const [problem, setProblem] = createSignal<Problem | null>(null);
  const [refused, setRefused] = createSignal<string | null>(null);
  const providers = () => config.data?.providers ?? [];

  async function go(which: string, way: () => Promise<void>) {
    if (busy()) return;
    setBusy(which);
    setProblem(null);
    setRefused(null);
    try {
      await way();
    } catch (thrown) {
      if (thrown instanceof PasskeyRefusal) setRefused(t(`passkeys.refused.${thrown.reason}` as Key));
      else setProblem(problemOf(thrown));
    } finally {
      setBusy(null);
    }
  }
  const withPasskey = () =>
    go("passkey", async () => {
      await peopleApi.signInWithPasskey(await usePasskey(await peopleApi.passkeyChallenge()));
      props.onDone();
    });
  const withProvider = (id: string) =>
    go(id, async () => {
      const { url } = await peopleApi.signInWithProvider(id, props.returnPath);
      location.assign(url);
    });

  return (
    <Show when={passkeysPossible() || providers().length > 0}>
      <section class={styles.ways} aria-label={t("signIn.otherWays")}>
        <p class={styles.or} aria-hidden="true">
          {t("signIn.or")}
        </p>
        <Show when={passkeysPossible()}>
          <Button icon={Fingerprint} busy={busy() === "passkey"} onClick={withPasskey}>
            {t("signIn.passkey")}
          </Button>
        </Show>
        <For each={providers()}>
          {(provider) => (
            <Button busy={busy() === provider.id} onClick={() => withProvider(provider.id)}>
              {t("signIn.provider", { name: provider.name })}
            </Button>
          )}
        </For>
        <Show when={refused()}>
          <p role="alert" class={styles.refused}>
            {refused()}
          </p>
        </Show>
        <ProblemNote problem={problem()} />
      </section>
    </Show>
  );
}
