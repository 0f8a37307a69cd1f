// Scripts of the demo's catalogue; they work in the lab's small guests, whose commands are busybox's.
import type { Person } from "./person.ts";

interface DemoScript {
  name: string;
  description: string;
  events: string[];
  parameters: Record<string, unknown>[];
  body: string;
  timeoutSeconds: number;
}

/** Publishes them, as an operator does. */
export async function publishDemoScripts(operator: Person): Promise<void> {
  for (const script of DEMO_SCRIPTS) await operator.ok("POST", "/api/operator/scripts", { ...script, active: true });
}

export const DEMO_SCRIPTS: readonly DemoScript[] = [
  {
    name: "Web page",
    description: "Serves a page of your own from the service, on a port of your choice.",
    events: ["first_boot", "after_boot", "on_demand"],
    parameters: [
      { name: "title", label: "Title", kind: "text", required: true, initial: "It works", maximum: 80 },
      { name: "text", label: "Text", kind: "text", required: false, maximum: 400 },
      { name: "port", label: "Port", kind: "number", required: true, initial: "8080", minimum: 1, maximum: 65_535 },
      { name: "colour", label: "Colour", kind: "choice", required: false, choices: ["green", "blue", "grey"] },
    ],
    body: String.raw`set -e
plain() { printf '%s' "$1" | sed 's/&/\&amp;/g; s/</\&lt;/g'; }
mkdir -p /srv/page
cat >/srv/page/index.html <<PAGE
<!doctype html>
<meta charset="utf-8">
<title>$(plain "$NBX_TITLE")</title>
<body style="font-family: sans-serif; border-top: 1em solid $NBX_COLOUR">
<h1>$(plain "$NBX_TITLE")</h1>
<p>$(plain "$NBX_TEXT")</p>
PAGE
# One that serves this port already shows the new page from now on.
wget -q -O /dev/null "http://127.0.0.1:$NBX_PORT/" 2>/dev/null || httpd -p "$NBX_PORT" -h /srv/page
echo "Served on port $NBX_PORT of $(hostname)"
`,
    timeoutSeconds: 30,
  },
  {
    name: "Message of the day",
    description: "Greets everybody who logs in with a line of yours.",
    events: ["first_boot", "after_boot", "on_demand"],
    parameters: [
      { name: "message", label: "Message", kind: "text", required: true, maximum: 200 },
      { name: "clear", label: "Instead of what stood there", kind: "flag", required: false, initial: "false" },
    ],
    body: `set -e
[ "$NBX_CLEAR" != true ] || : >/etc/motd
printf '%s\\n' "$NBX_MESSAGE" >>/etc/motd
cat /etc/motd
`,
    timeoutSeconds: 10,
  },
  {
    name: "Note the shutdown",
    description: "Writes a line to the disk before the service goes off: when, and why.",
    events: ["before_shutdown", "on_demand"],
    parameters: [{ name: "reason", label: "Reason", kind: "text", required: false, maximum: 120 }],
    body: `set -e
folder=/var/log
[ ! -d /data ] || folder=/data
printf '%s shutting down: %s\\n' "$(date)" "$NBX_REASON" >>"$folder/shutdowns"
sync
tail -n 3 "$folder/shutdowns"
`,
    timeoutSeconds: 15,
  },
];
