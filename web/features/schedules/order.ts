// The order of a tenant's schedules: what runs next comes first, what is paused last.
import type { ScheduleView } from "../../../worker/rules/views-automation.ts";

type Row = Pick<ScheduleView, "id" | "next" | "service">;

export function nextFirst<T extends Row>(schedules: readonly T[]): T[] {
  return schedules.toSorted(
    (one, other) =>
      (one.next[0] ?? Infinity) - (other.next[0] ?? Infinity) || one.service.name.localeCompare(other.service.name),
  );
}
