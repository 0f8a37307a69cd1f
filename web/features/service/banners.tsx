// What stands over every part of a service that is about to end: when, what follows, and the way to keep it.
import CalendarClock from "lucide-solid/icons/calendar-clock";
import Undo from "lucide-solid/icons/undo-2";
import { createSignal, Match, Switch, type ParentProps } from "solid-js";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { lifeApi } from "../../api-life.ts";
import { problemOf } from "../../api.ts";
import { ago, dateTime, t } from "../../i18n/language.ts";
import { problemWords } from "../../i18n/words.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { useNow } from "../../ui/clock.ts";
import { showToast } from "../../ui/toast.tsx";
import { applyEvent } from "../feed/apply.ts";
import { useTenant } from "../frame/session.tsx";
import { deletedAt, endsSoon } from "./dates.ts";
import styles from "./service.module.css";

export function EndBanner(props: { service: ServiceView }) {
  const { id, can } = useTenant();
  const now = useNow();
  const [busy, setBusy] = createSignal(false);
  const expiresAt = () => props.service.expiresAt ?? 0;

  async function keep() {
    setBusy(true);
    try {
      const { service } = await lifeApi.keep(id(), props.service.id);
      applyEvent(id(), { type: "service", service });
      showToast({ tone: "good", text: t("leaving.kept", { name: service.name }) });
    } catch (thrown) {
      const problem = problemOf(thrown);
      const words = problemWords(problem.code, problem.params);
      showToast({ tone: "bad", text: words.what, detail: words.help });
    } finally {
      setBusy(false);
    }
  }

  const move = (words: string) => (
    <LinkButton href={`/t/${id()}/services/${props.service.id}/settings#end`} icon={CalendarClock}>
      {words}
    </LinkButton>
  );

  return (
    <Switch>
      <Match when={props.service.deleteAt}>
        {(at) => (
          <Banner
            tone="bad"
            kind="leaving"
            title={t("leaving.title", { at: dateTime(at()), when: ago(at(), now()) })}
            text={t("leaving.text")}
          >
            {can("service.delete") && (
              <Button variant="primary" icon={Undo} busy={busy()} onClick={() => void keep()}>
                {t("leaving.keep")}
              </Button>
            )}
          </Banner>
        )}
      </Match>
      <Match when={props.service.expired}>
        <Banner
          tone="bad"
          kind="expired"
          title={t("expired.title", { at: dateTime(expiresAt()) })}
          text={t("expired.text", { gone: dateTime(deletedAt(expiresAt())) })}
        >
          {can("service.change") && move(t("expiry.moveLink"))}
        </Banner>
      </Match>
      <Match when={endsSoon(props.service.expiresAt, now())}>
        <Banner
          tone="warn"
          kind="expiring"
          title={t("expiring.title", { at: dateTime(expiresAt()), when: ago(expiresAt(), now()) })}
          text={t("expiring.text", { gone: dateTime(deletedAt(expiresAt())) })}
        >
          {can("service.change") && move(t("expiry.moveLink"))}
        </Banner>
      </Match>
    </Switch>
  );
}

function Banner(props: ParentProps<{ tone: "warn" | "bad"; kind: string; title: string; text: string }>) {
  return (
    <section class={`${styles.pending} ${props.tone === "bad" ? styles.ending : ""}`} data-banner={props.kind}>
      <div>
        <b>{props.title}</b>
        <p>{props.text}</p>
      </div>
      {props.children}
    </section>
  );
}
