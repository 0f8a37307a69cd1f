// Telling a tenant's open pages what has changed.
import type { Deps } from "../deps.ts";
import type { FeedEvent } from "../rules/views.ts";

/** Pushes an event to every page of the tenant that is open; a feed that cannot be reached loses nothing but the push. */
export async function publish(deps: Deps, tenantId: string, event: FeedEvent): Promise<void> {
  try {
    await feedOf(deps, tenantId).publish(event);
  } catch {
    deps.log("warn", "feed_not_reached", { tenantId, type: event.type });
  }
}

export function feedOf(deps: Deps, tenantId: string) {
  return deps.env.FEEDS.get(deps.env.FEEDS.idFromName(tenantId));
}
