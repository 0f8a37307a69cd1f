// Said where a service's disk is about to be replaced: its snapshots would go down with it, so they are deleted first.
import { A } from "@solidjs/router";
import { Show, type ParentProps } from "solid-js";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { t, tCount } from "../../i18n/language.ts";
import { useTenant } from "../frame/session.tsx";
import styles from "./copies.module.css";
import { useSnapshots } from "./queries.ts";

/** Shows what is inside only where there are none. */
export function SnapshotsInTheWay(props: ParentProps<{ service: Pick<ServiceView, "id"> }>) {
  const { id } = useTenant();
  const query = useSnapshots(id, () => props.service.id);
  const count = () => query.data?.snapshots.length ?? 0;
  return (
    <Show when={count() > 0} fallback={props.children}>
      <div class={styles.blocked} role="status" data-testid="snapshots-in-the-way">
        <b>{tCount("snapshots.inTheWay", count())}</b>
        <p>
          {t("error.snapshots_exist.help")}{" "}
          <A href={`/t/${id()}/services/${props.service.id}/snapshots`}>{t("service.tab.snapshots")}</A>
        </p>
      </div>
    </Show>
  );
}
