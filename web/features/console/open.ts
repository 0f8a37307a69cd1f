// Opens a console in a window of its own; the same service finds its window again.
import type { ConsoleKind } from "../../../worker/rules/views.ts";

export function openConsole(tenant: string, service: string, kind: ConsoleKind = "screen"): void {
  const opened = window.open(consolePath(tenant, service, kind), `console-${service}`, "popup,width=1060,height=860");
  opened?.focus();
}

/** The kind of console that a service is opened with: what a container has, or what a virtual machine is looked at first. */
export function consoleKindOf(kind: "vm" | "container"): ConsoleKind {
  return kind === "container" ? "terminal" : "screen";
}

/** Address of the page of a console. */
export function consolePath(tenant: string, service: string, kind: ConsoleKind): string {
  const page = kind === "terminal" ? "terminal" : "console";
  return `/${page}/${encodeURIComponent(tenant)}/${encodeURIComponent(service)}`;
}
