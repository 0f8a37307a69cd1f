// What can be changed of a service: words, size, login, drive, dates, a copy of it, a fresh start, and its end.
import { useLocation } from "@solidjs/router";
import CopyPlus from "lucide-solid/icons/copy-plus";
import Hammer from "lucide-solid/icons/hammer";
import { createSignal, onMount, Show } from "solid-js";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { copiesApi } from "../../api-copies.ts";
import { t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { Section } from "../../ui/page.tsx";
import { NameDialog, type NewService } from "../copies/name-dialog.tsx";
import { useTenant } from "../frame/session.tsx";
import { actionIcons, possibleActions } from "../services/actions.tsx";
import { ask } from "../services/ask.ts";
import { isChangeable, isDescribable } from "../services/possible.ts";
import { AboutForm } from "./about-form.tsx";
import { Drive } from "./drive.tsx";
import { ExpiryForm } from "./expiry-form.tsx";
import { PasswordForm } from "./password-form.tsx";
import { PendingNote } from "./pending-note.tsx";
import { RebuildDialog } from "./rebuild-dialog.tsx";
import { SizeForm } from "./size-form.tsx";
import styles from "./service.module.css";

export function SettingsTab(props: { service: ServiceView }) {
  const { can } = useTenant();
  return (
    <div class={styles.settings}>
      <Show when={can("service.change")} fallback={<p class="quiet">{t("service.mayLook")}</p>}>
        <Changes {...props} />
      </Show>
    </div>
  );
}

function Changes(props: { service: ServiceView }) {
  const { id, tenant } = useTenant();
  const location = useLocation();
  const [cloning, setCloning] = createSignal<NewService | null>(null);
  const isShut = () => !isChangeable(props.service) || !tenant().open;
  const isMute = () => !isDescribable(props.service) || !tenant().open;
  const copy = (): NewService => ({
    title: t("clone.title", { name: props.service.name }),
    text: t("clone.text"),
    submit: t("clone.submit"),
    suggested: `${props.service.name.slice(0, 35)}-copy`,
    size: props.service,
    request: (name, key) => copiesApi.clone(id(), props.service.id, name, key),
  });
  // A banner elsewhere may have led here, to one of the parts.
  onMount(() => {
    if (location.hash === "#end") requestAnimationFrame(() => document.getElementById("end")?.scrollIntoView());
  });

  return (
    <>
      <Show when={props.service.operationId !== null}>
        <p class="quiet" role="status">
          {t("service.busyNow")}
        </p>
      </Show>
      <PendingNote service={props.service} />
      <AboutForm service={props.service} disabled={isShut()} wordsDisabled={isMute()} />
      <SizeForm service={props.service} disabled={isShut()} />
      <PasswordForm service={props.service} disabled={isShut()} />
      <Show when={props.service.kind === "vm"}>
        <Drive service={props.service} disabled={isShut()} />
      </Show>
      <div id="end">
        <ExpiryForm service={props.service} disabled={isMute()} />
      </div>
      <Section title={t("clone.heading")}>
        <div class={styles.choice}>
          <p>{t("clone.text")}</p>
          <Button icon={CopyPlus} disabled={isShut()} onClick={() => setCloning(copy())}>
            {t("clone.ask")}
          </Button>
        </div>
      </Section>
      <Danger service={props.service} isShut={isShut()} />
      <NameDialog tenantId={id()} make={cloning()} onClose={() => setCloning(null)} />
    </>
  );
}

/** What cannot be undone stands apart, at the end. */
function Danger(props: { service: ServiceView; isShut: boolean }) {
  const { can, tenant } = useTenant();
  const [rebuilding, setRebuilding] = createSignal(false);
  return (
    <>
      <Section title={t("danger.title")}>
        <div class={styles.parts}>
          <Show when={can("service.delete")}>
            <div class={styles.choice}>
              <p>
                <b>{t("rebuild.heading")}</b> {t("rebuild.lead")}
              </p>
              <Button icon={Hammer} variant="danger" disabled={props.isShut} onClick={() => setRebuilding(true)}>
                {t("rebuild.ask")}
              </Button>
            </div>
          </Show>
          <div class={styles.choice}>
            <p>
              <b>{t("danger.delete")}</b> {t("delete.lead")}
            </p>
            <Button
              icon={actionIcons.delete}
              variant="danger"
              disabled={!possibleActions(props.service, tenant()).includes("delete")}
              onClick={() => ask({ action: "delete", service: props.service })}
            >
              {t("action.delete")}
            </Button>
          </div>
        </div>
      </Section>
      <RebuildDialog service={props.service} open={rebuilding()} onClose={() => setRebuilding(false)} />
    </>
  );
}
