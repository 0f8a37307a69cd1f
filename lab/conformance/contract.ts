// Checks that hold without recordings: every endpoint served keeps to its contract in what it refuses.
import { ENDPOINTS } from "../api/endpoints.ts";
import { CONTRACTS, type Contract } from "../contract/table.ts";
import { exchange } from "./exchange.ts";
import type { JsonObject } from "./recordings.ts";
import { openScene, type Scene } from "./scene.ts";

export interface ContractResult {
  checked: number;
  failures: string[];
}

const UNKNOWN = "property is not defined in schema and the schema does not allow additional properties";
const MISSING = "property is missing and it is not optional";
/** What stands in a path for its parameters. */
const PATH_VALUES: Record<string, string> = {
  node: "pve1",
  vmid: "9000",
  storage: "local",
  userid: "root@pam",
  tokenid: "ci",
  snapname: "none",
  poolid: "none",
  upid: "UPID:pve1:00000001:00000001:6B00D39F:qmstart:999:root@pam:",
};

/** Asks every endpoint with an unknown parameter, without its required ones, and without credentials. */
export async function checkContract(): Promise<ContractResult> {
  const scene = await openScene();
  const result: ContractResult = { checked: 0, failures: [] };
  const expect = (what: string, holds: boolean): void => {
    result.checked += 1;
    if (!holds) result.failures.push(what);
  };
  try {
    // Together: each refusal of credentials takes its time.
    await Promise.all(
      ENDPOINTS.map(async ({ route }) => {
        const contract = CONTRACTS[route];
        if (contract !== undefined) await checkEndpoint(scene, route, contract, expect);
      }),
    );
    const unknown = await ask(scene, "GET", "/no/such/path", {}, true);
    expect("an unknown path answers 501", unknown.status === 501);
  } finally {
    await scene.close();
  }
  return result;
}

async function checkEndpoint(
  scene: Scene,
  route: string,
  contract: Contract,
  expect: (what: string, holds: boolean) => void,
): Promise<void> {
  const [method = "", template = ""] = route.split(" ");
  const path = template.replace(/\{([a-z_]+)\}/g, (_whole, name: string) => PATH_VALUES[name] ?? "none");
  const pathNames = new Set([...template.matchAll(/\{([a-z_]+)\}/g)].map((match) => match[1]));
  if (contract.noToken !== true) {
    const odd = await ask(scene, method, path, { "no-such-parameter": "1" }, true);
    const refused = odd.errors["no-such-parameter"] === UNKNOWN;
    expect(
      `${route}: an unknown parameter is refused (${odd.status} ${odd.reason})`,
      refused || odd.status === 500 || odd.status === 403,
    );
    const wanted = Object.entries(contract.parameters)
      .filter(([name, property]) => property.optional !== 1 && !name.endsWith("[n]") && !pathNames.has(name))
      .map(([name]) => name);
    if (wanted.length > 0) {
      const bare = await ask(scene, method, path, {}, true);
      for (const name of wanted)
        expect(
          `${route}: without ${name} it is refused (${bare.status})`,
          bare.errors[name] === MISSING || bare.status === 500 || bare.status === 403,
        );
    }
  }
  if (contract.user !== "world") {
    const nobody = await ask(scene, method, path, {}, false);
    expect(`${route}: nobody is refused (${nobody.status})`, nobody.status === 401);
  }
}

async function ask(
  scene: Scene,
  method: string,
  path: string,
  params: Record<string, string>,
  asRoot: boolean,
): Promise<{ status: number; reason: string; errors: JsonObject }> {
  const query = new URLSearchParams(params).toString();
  const { pveUrl, caFile } = scene.running;
  const { status, reason, body } = await exchange(pveUrl, caFile, {
    method,
    target: `/api2/json${path}${query === "" ? "" : `?${query}`}`,
    headers: asRoot ? { Authorization: `PVEAPIToken=${scene.tokens.get("root-token") ?? ""}` } : {},
  });
  const errors = body?.["errors"];
  return {
    status,
    reason,
    errors: typeof errors === "object" && errors !== null && !Array.isArray(errors) ? errors : {},
  };
}
