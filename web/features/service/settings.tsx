// What can be changed of a service: its size, a copy of it, and its end.
import CopyPlus from "lucide-solid/icons/copy-plus";
import { createSignal, Show } from "solid-js";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { copiesApi } from "../../api-copies.ts";
import { t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { Section } from "../../ui/page.tsx";
import { NameDialog, type NewService } from "../copies/name-dialog.tsx";
import { useTenant } from "../frame/session.tsx";
import { actionIcons, possibleActions } from "../services/actions.tsx";
import { DeleteDialog } from "../services/dialogs.tsx";
import { PendingNote } from "./pending-note.tsx";
import { SizeForm } from "./size-form.tsx";
import styles from "./service.module.css";

export function SettingsTab(props: { service: ServiceView }) {
  const { id, can, tenant } = useTenant();
  const [cloning, setCloning] = createSignal<NewService | null>(null);
  const [deleting, setDeleting] = createSignal(false);
  const isFree = () => props.service.state === "ready" && props.service.operationId === null;
  const copy = (): NewService => ({
    title: t("clone.title", { name: props.service.name }),
    text: t("clone.text"),
    submit: t("clone.submit"),
    suggested: `${props.service.name.slice(0, 58)}-copy`,
    size: props.service,
    request: (name, key) => copiesApi.clone(id(), props.service.id, name, key),
  });
  return (
    <div class={styles.settings}>
      <Show when={can("service.change")} fallback={<p class="quiet">{t("service.mayLook")}</p>}>
        <Show when={!isFree()}>
          <p class="quiet" role="status">
            {t("service.busyNow")}
          </p>
        </Show>
        <PendingNote service={props.service} />
        <SizeForm service={props.service} disabled={!isFree() || !tenant().open} />
        <Section title={t("clone.heading")}>
          <div class={styles.choice}>
            <p>{t("clone.text")}</p>
            <Button icon={CopyPlus} disabled={!isFree() || !tenant().open} onClick={() => setCloning(copy())}>
              {t("clone.ask")}
            </Button>
          </div>
        </Section>
        <Section title={t("service.end")}>
          <div class={styles.choice}>
            <p>{t("delete.text")}</p>
            <Button
              icon={actionIcons.delete}
              variant="danger"
              disabled={!possibleActions(props.service, tenant()).includes("delete")}
              onClick={() => setDeleting(true)}
            >
              {t("action.delete")}
            </Button>
          </div>
        </Section>
      </Show>
      <NameDialog tenantId={id()} make={cloning()} onClose={() => setCloning(null)} />
      <DeleteDialog tenantId={id()} service={deleting() ? props.service : null} onClose={() => setDeleting(false)} />
    </div>
  );
}
