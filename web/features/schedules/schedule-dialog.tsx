// The window in which a schedule is made or changed. What reckons with calendars is fetched when it is first opened.
import { lazy, Show, Suspense } from "solid-js";
import type { ScheduleView } from "../../../worker/rules/views-automation.ts";
import { t } from "../../i18n/language.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Skeleton } from "../../ui/page.tsx";

export interface ScheduleSubject {
  service: { id: string; name: string };
  /** The one to be changed; null for a new one. */
  schedule: ScheduleView | null;
}

const ScheduleForm = lazy(() => import("./schedule-form.tsx"));

/** Open while there is a subject. */
export function ScheduleDialog(props: { tenantId: string; subject: ScheduleSubject | null; onClose: () => void }) {
  const title = () =>
    t(props.subject?.schedule ? "schedules.changeFor" : "schedules.addFor", {
      name: props.subject?.service.name ?? "",
    });
  return (
    <Dialog open={props.subject !== null} onClose={props.onClose} title={title()} wide>
      <Show when={props.subject}>
        {(subject) => (
          <Suspense fallback={<Skeleton rows={5} />}>
            <ScheduleForm tenantId={props.tenantId} subject={subject()} onClose={props.onClose} />
          </Suspense>
        )}
      </Show>
    </Dialog>
  );
}
