// The dictionaries: same keys everywhere, none unused, none missing, and words for every code and step of the Worker.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../worker/errors.ts";
import { actionsOfAudit } from "../../worker/rules/audit-actions.ts";
import { PERMISSIONS, scopesFor } from "../../worker/rules/permissions.ts";
import { REPAIRS } from "../../worker/rules/views-findings.ts";
import { FINDING_KINDS, OPERATION_STEPS, RESOURCES } from "../../worker/rules/views.ts";
import { en } from "./en.ts";
import { ptBR } from "./pt-BR.ts";

const web = fileURLToPath(new URL("..", import.meta.url));
const sources = readdirSync(web, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/.test(path) && !path.endsWith(".test.ts") && !/i18n\/(en|pt-BR)(-[a-z]+)?\.ts$/.test(path))
  .map((path) => readFileSync(`${web}/${path}`, "utf8"));
const source = sources.join("\n");
const keys = Object.keys(en) as (keyof typeof en)[];
const languages: [string, Record<string, string>][] = [
  ["en", en],
  ["pt-BR", ptBR],
];

/** Keys put together at run time: `t(`power.${…}`)` uses all that begin with `power.`. */
const prefixes = [...source.matchAll(/`([a-zA-Z.]+[.p])\$\{/g)]
  .map((match) => match[1] as string)
  .filter((prefix) => keys.some((key) => key.startsWith(prefix)));
const literals = new Set([...source.matchAll(/"([a-zA-Z]+(?:\.[a-zA-Z_-]+)+)"/g)].map((match) => match[1] as string));

const holes = (sentence: string) => [...sentence.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort();

describe("dictionaries", () => {
  it("have the same keys", () => {
    expect(Object.keys(ptBR).sort()).toEqual([...keys].sort());
  });

  it("name the same parameters in every language", () => {
    const different = keys.filter((key) => JSON.stringify(holes(en[key])) !== JSON.stringify(holes(ptBR[key])));
    expect(different).toEqual([]);
  });

  it("hold no key that nothing uses", () => {
    const unused = keys.filter((key) => {
      const plural = key.replace(/\.(one|other)$/, "");
      return !literals.has(key) && !literals.has(plural) && !prefixes.some((prefix) => key.startsWith(prefix));
    });
    expect(unused).toEqual([]);
  });

  it("hold every key that is asked for", () => {
    const asked = [...source.matchAll(/\bt(?:Count)?\(\s*"([^"]+)"/g)].map((match) => match[1] as string);
    const missing = asked.filter((key) => !(key in en) && !(`${key}.other` in en));
    expect(missing).toEqual([]);
  });

  for (const [name, words] of languages) {
    it(`tell every error code, step and resource (${name})`, () => {
      const wanted = [
        ...[...ERROR_CODES, "offline"].flatMap((code) => [`error.${code}`, `error.${code}.help`]),
        ...Object.values(OPERATION_STEPS)
          .flat()
          .map((step) => `step.${step}`),
        ...Object.keys(OPERATION_STEPS).flatMap((kind) => [
          `operation.${kind}`,
          `work.${kind}`,
          `outcome.${kind}.done`,
          `outcome.${kind}.failed`,
        ]),
        ...RESOURCES.map((resource) => `resource.${resource}`),
      ];
      expect(wanted.filter((key) => !words[key])).toEqual([]);
    });

    it(`tell every action of the audit, every finding, every repair, every right of a key (${name})`, () => {
      const scopes = new Set([...scopesFor("owner", "platform"), ...scopesFor("owner", "tenant")]);
      const wanted = [
        ...actionsOfAudit().flatMap((action) => [`audit.action.${action}`, `audit.group.${action.split(".")[0]}`]),
        ...FINDING_KINDS.flatMap((kind) => [`finding.${kind}`, `finding.text.${kind}`]),
        ...REPAIRS.flatMap((repair) => [`repair.${repair}`, `repair.help.${repair}`]),
        ...PERMISSIONS.filter((permission) => scopes.has(permission)).map((permission) => `scope.${permission}`),
      ];
      expect([...new Set(wanted)].filter((key) => !words[key])).toEqual([]);
    });

    it(`tell no code that the Worker does not have (${name})`, () => {
      const known = new Set<string>([...ERROR_CODES, "offline", "requestId"]);
      const told = Object.keys(words)
        .filter((key) => key.startsWith("error."))
        .map((key) => key.split(".")[1] as string);
      expect(told.filter((code) => !known.has(code))).toEqual([]);
    });
  }
});
