// Parameters against the contract, with the real server's refusals.
import { describe, expect, test } from "vitest";
import { CONTRACTS } from "./table.ts";
import { parsePropertyString, verifyParameters, type Params } from "./verify.ts";

function errors(route: string, params: Params): Record<string, string> {
  return verifyParameters(CONTRACTS[route]?.parameters ?? {}, params);
}

const config = (params: Params): Record<string, string> =>
  errors("PUT /nodes/{node}/qemu/{vmid}/config", { node: "pve1", vmid: "301", ...params });

describe("refusals", () => {
  test.each<[Params, Record<string, string>]>([
    [
      { nosuch: "x" },
      { nosuch: "property is not defined in schema and the schema does not allow additional properties" },
    ],
    [{ cores: "two" }, { cores: "type check ('integer') failed - got 'two'" }],
    [{ cores: "0" }, { cores: "value must have a minimum value of 1" }],
    [{ onboot: "yes" }, { onboot: "type check ('boolean') failed - got 'yes'" }],
    [
      { memory: "15" },
      { memory: "invalid format - format error\nmemory.current: value must have a minimum value of 16\n" },
    ],
    [{ name: "bad_name" }, { name: "invalid format - value does not look like a valid DNS name\n" }],
    [{ tags: "a b!c" }, { tags: "invalid format - invalid characters in tag\n" }],
    [{ description: "x".repeat(9_000) }, { description: "value may only be 8192 characters long" }],
    [
      { ciuser: "ana", citype: "nope" },
      { citype: "value 'nope' does not have a value in the enumeration 'configdrive2, nocloud, opennebula'" },
    ],
    [
      { ipconfig0: "ip=999" },
      {
        ipconfig0:
          "invalid format - format error\nipconfig0.ip: invalid format - value does not look like a valid ipv4 network configuration\n\n",
      },
    ],
    [
      { net0: "nonsense=1" },
      {
        net0: "invalid format - format error\nnet0.nonsense: property is not defined in schema and the schema does not allow additional properties\nnet0.model: property is missing and it is not optional\n",
      },
    ],
    [
      { net32: "virtio" },
      { net32: "property is not defined in schema and the schema does not allow additional properties" },
    ],
  ])("%j", (params, expected) => {
    expect(config(params)).toEqual(expected);
  });

  test("missing and ill-formed ids", () => {
    expect(errors("POST /nodes/{node}/qemu", { node: "pve1" })).toEqual({
      vmid: "property is missing and it is not optional",
    });
    expect(errors("GET /nodes/{node}/qemu/{vmid}/config", { node: "pve1", vmid: "99" })).toEqual({
      vmid: "invalid format - value does not look like a valid VM ID\n",
    });
  });
});

test("what the portal sends is taken", () => {
  expect(
    config({
      name: "web1.example.com",
      cores: "2",
      memory: "512",
      net0: "virtio,bridge=vmbr0,firewall=1",
      ipconfig0: "ip=dhcp",
      ciuser: "ana",
      sshkeys: "ssh-ed25519%20AAAA",
      agent: "enabled=1",
      scsi0: "local-lvm:8,discard=on",
      boot: "order=scsi0;net0",
      tags: "prod;web",
    }),
  ).toEqual({});
});

test("a network card's model may be named in three ways", () => {
  const format = CONTRACTS["PUT /nodes/{node}/qemu/{vmid}/config"]?.parameters["net[n]"]?.format;
  const members = typeof format === "object" ? format : {};
  expect(parsePropertyString(members, "virtio,bridge=vmbr0").values).toEqual({ model: "virtio", bridge: "vmbr0" });
  expect(parsePropertyString(members, "model=e1000").values).toEqual({ model: "e1000" });
  expect(parsePropertyString(members, "virtio=BC:24:11:00:00:01").values).toEqual({
    model: "virtio",
    macaddr: "BC:24:11:00:00:01",
  });
});

test("every contract's patterns are well formed here", () => {
  const patterns = Object.values(CONTRACTS).flatMap(({ parameters }) =>
    Object.values(parameters).map(({ pattern }) => pattern ?? ""),
  );
  expect(patterns.map((pattern) => new RegExp(pattern)).length).toBeGreaterThan(100);
});
