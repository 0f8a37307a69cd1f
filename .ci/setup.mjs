// Makes a bare clone ready, and does nothing where it is ready already: Node, packages, and (asked for by name) Chromium and QEMU.
// Plain JavaScript without packages, since it runs before there are any; any Node from 18 on will do.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const wanted = new Set(process.argv.slice(2));
// The first that runs TypeScript as it is.
const LEAST_NODE = [22, 18];

installPackages();
checkNode();
const missing = [
  ...(wanted.has("qemu") && !(has("qemu-system-x86_64") && has("qemu-img")) ? ["qemu-system-x86", "qemu-utils"] : []),
  ...(wanted.has("chromium") && !findChromium() ? ["chromium"] : []),
  ...(wanted.has("websockify") && !has("websockify") ? ["websockify"] : []),
  ...(wanted.has("proxmoxer") && !hasProxmoxer() ? ["python3-proxmoxer", "python3-requests"] : []),
];
if (missing.length > 0) installSystemPackages(missing);
if (wanted.has("chromium") && !findChromium()) {
  fail("Chromium is missing, and the browser tests need it.", `Install it with: ${aptLine(["chromium"])}`);
}
if (wanted.has("qemu") && !has("qemu-system-x86_64")) {
  say(
    `QEMU is missing: the lab paints its own screens. For real guests: ${aptLine(["qemu-system-x86", "qemu-utils"])}`,
  );
}

/** Runs `npm ci` where node_modules is missing or stands for another lockfile. */
function installPackages() {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const mark = join(root, "node_modules/.lockfile.sha256");
  if (existsSync(mark) && readFileSync(mark, "utf8") === lock) return;
  say("installing packages …");
  const result = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: "inherit",
  });
  if (result.status !== 0) fail("npm ci did not succeed.", "Its own words are above.");
  writeFileSync(mark, lock);
}

/** npm puts node_modules/.bin first, so where the packages bring a Node of their own, that is the one that counts. */
function checkNode() {
  const own = join(root, "node_modules/.bin/node");
  const version = existsSync(own) ? execFileSync(own, ["--version"], { encoding: "utf8" }) : process.version;
  const [major = 0, minor = 0] = version.slice(1).split(".").map(Number);
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return;
  fail(`Node ${version.trim()} is too old.`, `Install Node ${LEAST_NODE.join(".")} or later.`);
}

function installSystemPackages(packages) {
  const canInstall = process.getuid?.() === 0 && has("apt-get");
  if (!canInstall) return;
  say(`installing ${packages.join(", ")} from the system's packages …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", ["update", "-qq"], { env, stdio: "ignore" });
  const args = ["install", "-y", "-qq", "--no-install-recommends", ...packages];
  const result = spawnSync("apt-get", args, { env, encoding: "utf8" });
  if (result.status !== 0)
    say(`apt-get could not install them: ${(result.stderr ?? "").split("\n").slice(-3).join(" ")}`);
}

function findChromium() {
  return process.env.CHROMIUM_PATH ?? ["chromium", "chromium-browser", "google-chrome"].find(has);
}

/** Debian's packages are seen by Debian's interpreter only. */
function hasProxmoxer() {
  return spawnSync("/usr/bin/python3", ["-c", "import proxmoxer, requests"], { stdio: "ignore" }).status === 0;
}

function has(program) {
  return spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" }).status === 0;
}

function aptLine(packages) {
  return `sudo apt-get install -y ${packages.join(" ")}`;
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(what, then) {
  process.stderr.write(`\n${what}\n${then}\n`);
  process.exit(1);
}
