// Derives table.json, the facts about each endpoint that the lab serves, from Proxmox VE's published API schema:
// `node lab/contract/build.ts path/to/apidoc.json`. Prose is left out; names, types, bounds and permission checks stay.
import { readFileSync, writeFileSync } from "node:fs";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

const KEPT_KEYS = ["type", "optional", "enum", "pattern", "requires", "default_key", "alias", "keyAlias"];
const NUMBER_KEYS = ["minimum", "maximum", "minLength", "maxLength"];

/** Path prefixes served by the lab; what the schema knows beyond them answers 501. */
const SERVED = [
  /^\/version$/,
  /^\/access(\/(ticket|domains|password|permissions))?$/,
  /^\/access\/(users|groups|roles|acl)(\/\{[a-z]+\})?$/,
  /^\/access\/users\/\{userid\}\/token(\/\{tokenid\})?$/,
  /^\/pools(\/\{poolid\})?$/,
  /^\/cluster(\/(resources|status|nextid|tasks|options|log|backup|replication|metrics|metrics\/export|config\/nodes|ha\/status\/current))?$/,
  /^\/(cluster|nodes\/\{node\}|nodes\/\{node\}\/(qemu|lxc)\/\{vmid\})\/firewall(\/|$)/,
  /^\/cluster\/sdn(\/(zones|vnets|controllers|ipams)(\/\{[a-z]+\})?)?$/,
  /^\/cluster\/sdn\/vnets\/\{vnet\}\/subnets(\/\{subnet\})?$/,
  /^\/nodes\/\{node\}\/(time|dns|rrddata|network|network\/\{iface\}|services|subscription|sdn\/zones|sdn\/zones\/\{zone\}\/content|capabilities\/qemu\/cpu)$/,
  /^\/nodes\/\{node\}\/storage\/\{storage\}\/rrddata$/,
  /^\/nodes\/\{node\}\/(qemu|lxc)\/\{vmid\}\/(migrate|rrddata)$/,
  /^\/access\/domains\/\{realm\}$/,
  /^\/nodes(\/\{node\}(\/(version|status|storage|tasks|qemu|aplinfo))?)?$/,
  /^\/nodes\/\{node\}\/storage\/\{storage\}(\/(status|content|content\/\{volume\}))?$/,
  /^\/nodes\/\{node\}\/tasks\/\{upid\}(\/(status|log))?$/,
  /^\/nodes\/\{node\}\/qemu\/\{vmid\}(\/(config|pending|resize|unlink|clone|template|cloudinit|cloudinit\/dump))?$/,
  /^\/nodes\/\{node\}\/qemu\/\{vmid\}\/status(\/(current|start|stop|shutdown|reboot|reset|suspend|resume))?$/,
  /^\/nodes\/\{node\}\/qemu\/\{vmid\}\/(vncproxy|vncwebsocket|termproxy|spiceproxy|rrd)$/,
  /^\/nodes\/\{node\}\/(vncshell|aplinfo)$/,
  /^\/nodes\/\{node\}\/qemu\/\{vmid\}\/agent(\/[a-z-]+)?$/,
  /^\/nodes\/\{node\}\/(qemu|lxc)\/\{vmid\}\/(feature|snapshot(\/\{snapname\}(\/(config|rollback))?)?)$/,
  /^\/nodes\/\{node\}\/vzdump(\/(defaults|extractconfig))?$/,
  /^\/nodes\/\{node\}\/storage\/\{storage\}\/prunebackups$/,
  /^\/nodes\/\{node\}\/lxc(\/\{vmid\}(\/(config|pending|resize|clone|template|interfaces|vncproxy|vncwebsocket|termproxy))?)?$/,
  /^\/nodes\/\{node\}\/lxc\/\{vmid\}\/status(\/(current|start|stop|shutdown|reboot|suspend|resume))?$/,
  /^\/storage(\/\{storage\})?$/,
];

function main(source: string): void {
  const schema = JSON.parse(readFileSync(source, "utf8")) as { [path: string]: { [method: string]: JsonObject } };
  // The root's index is not in the schema.
  const table: JsonObject = { "GET /": { parameters: {}, user: "all" } };
  for (const [path, methods] of Object.entries(schema)) {
    if (!SERVED.some((pattern) => pattern.test(path))) continue;
    for (const [method, info] of Object.entries(methods)) table[`${method} ${path}`] = endpoint(info);
  }
  writeFileSync(new URL("table.json", import.meta.url), `${JSON.stringify(table, null, 1)}\n`);
}

function endpoint(info: JsonObject): JsonObject {
  const permissions = (info["permissions"] ?? {}) as JsonObject;
  const parameters = (info["parameters"] ?? {}) as JsonObject;
  const result: JsonObject = { parameters: properties((parameters["properties"] ?? {}) as JsonObject) };
  if (permissions["user"] !== undefined) result["user"] = permissions["user"];
  if (permissions["check"] !== undefined) result["check"] = permissions["check"];
  if (info["allowtoken"] === 0) result["noToken"] = true;
  if (info["proxyto"] !== undefined) result["proxy"] = true;
  return result;
}

function properties(all: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, property(value as JsonObject)]));
}

function property(source: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const key of KEPT_KEYS) if (source[key] !== undefined) result[key] = source[key];
  for (const key of NUMBER_KEYS) if (source[key] !== undefined) result[key] = Number(source[key]);
  if (typeof source["pattern"] === "string") result["pattern"] = javascriptPattern(source["pattern"]);
  const format = source["format"];
  if (typeof format === "string") result["format"] = format;
  else if (format !== undefined && format !== null) result["format"] = properties(format as JsonObject);
  if (source["items"] !== undefined) result["items"] = property(source["items"] as JsonObject);
  return result;
}

/** The schema's patterns are Perl's: its flag groups and open lower bounds are written otherwise here. */
function javascriptPattern(pattern: string): string {
  return pattern.replaceAll("(?^:", "(?:").replaceAll("(?^i:", "(?i:").replaceAll("{,", "{0,");
}

const source = process.argv[2];
if (source === undefined) throw new Error("usage: node lab/contract/build.ts path/to/apidoc.json");
main(source);
