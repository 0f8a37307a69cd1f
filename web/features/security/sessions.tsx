// Where one is signed in, with a way to end each session or all others.
import LogOut from "lucide-solid/icons/log-out";
import MonitorSmartphone from "lucide-solid/icons/monitor-smartphone";
import { createSignal, For, Show } from "solid-js";
import type { SecurityView } from "../../../worker/rules/views-people.ts";
import { problemOf } from "../../api.ts";
import { peopleApi } from "../../api-people.ts";
import { ago, t, tMaybe } from "../../i18n/language.ts";
import { problemWords } from "../../i18n/words.ts";
import { Button } from "../../ui/button.tsx";
import { useNow } from "../../ui/clock.ts";
import { Section } from "../../ui/page.tsx";
import { Status } from "../../ui/status.tsx";
import { showToast } from "../../ui/toast.tsx";
import { deviceOf } from "./device.ts";
import styles from "./security.module.css";

type Session = SecurityView["sessions"][number];

export function SessionSection(props: { security: SecurityView; onChange: () => void }) {
  const now = useNow();
  const [busy, setBusy] = createSignal<string | null>(null);
  const sorted = () =>
    props.security.sessions.toSorted((a, b) => Number(b.current) - Number(a.current) || b.lastSeenAt - a.lastSeenAt);

  async function end(which: string, request: () => Promise<unknown>) {
    setBusy(which);
    try {
      await request();
    } catch (thrown) {
      const problem = problemOf(thrown);
      showToast({ tone: "bad", text: problemWords(problem.code, problem.params).what });
    } finally {
      setBusy(null);
      props.onChange();
    }
  }

  return (
    <Section
      title={t("sessions.title")}
      flush
      aside={
        <Show when={props.security.sessions.length > 1}>
          <Button small busy={busy() === "others"} onClick={() => end("others", peopleApi.endOtherSessions)}>
            {t("sessions.endOthers")}
          </Button>
        </Show>
      }
    >
      <ul class={styles.rows}>
        <For each={sorted()}>
          {(session) => (
            <li class={styles.row} data-session-id={session.id} data-current={session.current}>
              <MonitorSmartphone size={18} aria-hidden="true" />
              <div class={styles.what}>
                <b>{deviceWords(session)}</b>
                <p class="small quiet">
                  {[
                    session.ipAddress,
                    tMaybe(`factor.${session.factor}`),
                    session.current ? null : t("sessions.lastSeen", { when: ago(session.lastSeenAt, now()) }),
                  ]
                    .filter(Boolean)
                    .join(" · ")}
                </p>
              </div>
              <Show when={!session.current} fallback={<Status shape="disc" tone="good" word={t("sessions.thisOne")} />}>
                <Button
                  small
                  icon={LogOut}
                  busy={busy() === session.id}
                  aria-label={t("sessions.endOf", { device: deviceWords(session) })}
                  onClick={() => end(session.id, () => peopleApi.endSession(session.id))}
                >
                  {t("sessions.end")}
                </Button>
              </Show>
            </li>
          )}
        </For>
      </ul>
    </Section>
  );
}

function deviceWords(session: Session): string {
  const { browser, system } = deviceOf(session.userAgent);
  if (browser && system) return t("security.device", { browser, system });
  return browser ?? system ?? t("sessions.unknownDevice");
}
