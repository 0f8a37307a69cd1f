// Finds the endpoint behind a method and a path.
import { CONTRACTS, type Contract } from "../contract/table.ts";
import type { Endpoint } from "./endpoint.ts";

export interface Match {
  endpoint: Endpoint;
  contract: Contract;
  /** Path template, such as `/nodes/{node}/qemu`: what calls are counted by. */
  template: string;
  pathParams: Record<string, string>;
}

interface Route {
  method: string;
  segments: string[];
  endpoint: Endpoint;
  contract: Contract;
}

export class Routes {
  readonly #routes: Route[];

  constructor(endpoints: readonly Endpoint[]) {
    this.#routes = endpoints.map((endpoint) => {
      const contract = CONTRACTS[endpoint.route];
      if (contract === undefined) throw new Error(`no contract for ${endpoint.route}`);
      const [method = "", path = ""] = endpoint.route.split(" ");
      return { method, segments: path.split("/").filter((segment) => segment !== ""), endpoint, contract };
    });
    // Fixed words win over placeholders of the same place.
    this.#routes.sort((left, right) => rank(left).localeCompare(rank(right)));
  }

  find(method: string, segments: readonly string[]): Match | null {
    for (const route of this.#routes) {
      if (route.method !== method) continue;
      const pathParams = match(route.segments, segments);
      if (pathParams !== null)
        return {
          endpoint: route.endpoint,
          contract: route.contract,
          template: `/${route.segments.join("/")}`,
          pathParams,
        };
    }
    return null;
  }
}

function match(template: readonly string[], segments: readonly string[]): Record<string, string> | null {
  const params: Record<string, string> = {};
  for (const [index, part] of template.entries()) {
    const segment = segments[index];
    if (segment === undefined) return null;
    if (part === "{volume}" || part === "{cidr}") {
      // Volume ids and networks hold slashes: the rest of the path is the id.
      params[part.slice(1, -1)] = segments.slice(index).join("/");
      return params;
    }
    if (part.startsWith("{")) params[part.slice(1, -1)] = segment;
    else if (part !== segment) return null;
  }
  return segments.length === template.length ? params : null;
}

function rank(route: Route): string {
  return route.segments.map((segment) => (segment.startsWith("{") ? "1" : "0")).join("");
}
