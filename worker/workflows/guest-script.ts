// What runs a script inside a guest: a text for its shell that begins a run once, however often it is asked, and tells how it stands.

/**
 * Arguments of the text below: what to do, the run's id, seconds that the script may take, and the boot of the guest in which
 * alone it may begin.
 */
export type GuestCommand =
  | { verb: "look"; run: string }
  | { verb: "start"; run: string; seconds: number; boot: string };

/** The command that the agent is to execute. The script itself goes to its standard input: arguments end up in the guest's logs. */
export function guestCommand(command: GuestCommand): [string, string, ...string[]] {
  const more = command.verb === "start" ? [String(command.seconds), command.boot] : [];
  return ["/bin/sh", "-c", WRAPPER, "nubemox", command.verb, command.run, ...more];
}

/**
 * How a run stands in the guest. `boot` names the guest's present boot.
 * - `absent`: it has not begun; `moved`: it was to begin in a boot that is over, and has not.
 * - `running`; `cut`: it had begun, and is at work no more without having ended (the guest restarted).
 * - `ended`: with the exit code; `late`: it was killed when its time was up.
 * - `unable`: the guest has no room to begin it.
 */
export interface GuestReport {
  state: "absent" | "moved" | "running" | "cut" | "ended" | "late" | "unable";
  exitCode: number | null;
  boot: string;
  /** The last 16 KiB of what it has said; guest-supplied. */
  output: string;
}

/** Reads what the text below prints; null where it is something else. */
export function readReport(text: string): GuestReport | null {
  // A guest may print what it likes; digits of 16 KiB fit in this.
  const [first = "", ...rest] = text.slice(0, 64_000).split("\n");
  const match = /^(absent|moved|running|cut|ended|late|unable) (\d{1,3}|-) ([0-9a-f-]{0,64})$/.exec(first);
  if (!match) return null;
  const [, state, code, boot = ""] = match;
  const bytes = rest.join(" ").match(/\b[0-9a-f]{2}\b/g) ?? [];
  // What does not become text has no use on a page, and a zero byte ends it in a database.
  const output = new TextDecoder()
    .decode(Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 16)))
    .replaceAll(/[^\P{Cc}\n\t]/gu, "");
  return { state: state as GuestReport["state"], exitCode: code === "-" ? null : Number(code), boot, output };
}

/**
 * POSIX shell, for busybox as well. A run is a folder named by its id: whoever makes it begins the run, and `mkdir` lets only one.
 * All that one wants to know later is in files there, so that neither a lost answer nor an agent that starts anew loses it.
 */
export const WRAPPER = String.raw`umask 077
base=/var/lib/nubemox
dir=$base/$2
boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)

say() { echo "$1 $2 $boot"; }
output() { tail -c 16384 "$dir/output" 2>/dev/null | od -An -v -tx1; }

supervise() {
  own=
  command -v setsid >/dev/null 2>&1 && own=setsid
  $own /bin/sh -c 'umask 022
cd /
export HOME=/root PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
command -v cloud-init >/dev/null 2>&1 && cloud-init status --wait >/dev/null 2>&1
exec /bin/sh "$1/script"' nubemox "$dir" </dev/null >"$dir/output" 2>&1 &
  child=$!
  (
    sleep "$1" &
    nap=$!
    trap 'kill "$nap" 2>/dev/null; exit 0' TERM
    wait "$nap"
    : >"$dir/late"
    kill -s TERM -- "-$child" 2>/dev/null || kill -s TERM "$child" 2>/dev/null
    sleep 3
    kill -s KILL -- "-$child" 2>/dev/null || kill -s KILL "$child" 2>/dev/null
  ) &
  watch=$!
  wait "$child"
  code=$?
  [ -f "$dir/late" ] || kill -s TERM "$watch" 2>/dev/null
  rm -f "$dir/script"
  echo "$code" >"$dir/code.new"
  mv "$dir/code.new" "$dir/code"
}

look() {
  if [ ! -d "$dir" ]; then say absent -; return; fi
  if [ ! -f "$dir/code" ]; then
    if [ "$(cat "$dir/boot" 2>/dev/null)" = "$boot" ] && { [ ! -s "$dir/pid" ] || kill -0 "$(cat "$dir/pid")" 2>/dev/null; }; then
      say running -
      return
    fi
    if [ ! -f "$dir/code" ]; then rm -f "$dir/script"; say cut -; output; return; fi
  fi
  if [ -f "$dir/late" ]; then say late -; else say ended "$(cat "$dir/code")"; fi
  output
}

text=
# Read in any case: the agent would find its pipe broken.
[ "$1" != start ] || text=$(cat)
if [ "$1" = start ] && [ ! -d "$dir" ]; then
  if [ "$4" != "$boot" ]; then say moved -; exit; fi
  find "$base" -mindepth 1 -maxdepth 1 -type d -mtime +7 -exec rm -rf {} ';' 2>/dev/null
  if ! mkdir -p "$base" 2>/dev/null; then say unable -; exit; fi
  if mkdir "$dir" 2>/dev/null; then
    if echo "$boot" >"$dir/boot" && printf '%b\n' "$text" >"$dir/script"; then
      # A redirected function would hold the agent's pipe under another number, and the agent would wait for its end.
      (exec </dev/null >/dev/null 2>&1; supervise "$3") &
      echo "$!" >"$dir/pid"
    else
      rm -rf "$dir"
      say unable -
      exit
    fi
  elif [ ! -d "$dir" ]; then
    say unable -
    exit
  fi
fi
look`;
