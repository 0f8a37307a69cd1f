// Opens a console in a window of its own; the same service finds its window again.

export function openConsole(tenant: string, service: string): void {
  const path = `/console/${encodeURIComponent(tenant)}/${encodeURIComponent(service)}`;
  const opened = window.open(path, `console-${service}`, "popup,width=1060,height=860");
  opened?.focus();
}
