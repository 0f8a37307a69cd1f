// The config disk: volume label, names in both trees, contents, and what is refused.
import { expect, test } from "vitest";
import { configDisk, keyList, staticAddress } from "./nocloud.ts";
import type { CloudInit } from "./runtime.ts";

const BASE: CloudInit = { hostname: "web-1", user: "ana", password: 's3 "x\\', sshKeys: null, ipConfig: "ip=dhcp" };

test("the volume is named cidata and holds three files under plain and Joliet names", () => {
  const image = configDisk(BASE, "BC:24:11:00:00:01");
  expect(image.toString("latin1", 32768 + 1, 32768 + 6)).toBe("CD001");
  expect(image.toString("latin1", 32768 + 40, 32768 + 46)).toBe("cidata");
  expect([...files(image, 16, "latin1").keys()]).toEqual(["META-DATA;1", "NETWORK-CONFIG;1", "USER-DATA;1"]);
  const joliet = files(image, 17, "utf16be");
  expect(joliet.get("user-data;1")).toContain('hostname: "web-1"\n');
  expect(joliet.get("user-data;1")).toContain('password: "s3 \\"x\\\\"\n');
  expect(joliet.get("network-config;1")).toContain(
    "mac_address: 'bc:24:11:00:00:01'\n      subnets:\n      - type: dhcp4\n",
  );
});

test("a static address carries mask and gateway", () => {
  const image = configDisk({ ...BASE, ipConfig: "ip=10.1.2.3/20,gw=10.1.0.1" }, undefined);
  const text = files(image, 17, "utf16be").get("network-config;1");
  expect(text).toContain("address: '10.1.2.3'\n        netmask: '255.255.240.0'\n        gateway: '10.1.0.1'\n");
  expect(staticAddress("ip=10.1.2.3/33")).toBeNull();
  expect(staticAddress("ip6=auto")).toBeNull();
});

test("keys come one a line, percent-encoded or not", () => {
  expect(keyList("ssh-ed25519 AAAA a@b\n\nssh-rsa BBBB\n")).toEqual(["ssh-ed25519 AAAA a@b", "ssh-rsa BBBB"]);
  expect(keyList("ssh-ed25519%20AAAA%20a%40b%0A")).toEqual(["ssh-ed25519 AAAA a@b"]);
});

test("what would break out of its line is refused, and the words do not tell the secret", () => {
  expect(() => configDisk({ ...BASE, user: "a: b" }, undefined)).toThrow("no Linux user name");
  expect(() => configDisk({ ...BASE, password: "hunter2\nusers: []" }, undefined)).toThrow(
    /^(?!.*hunter2).*control characters/,
  );
});

/** Files of the root directory that the volume descriptor in this sector points to. */
function files(image: Buffer, descriptorSector: number, encoding: "latin1" | "utf16be"): Map<string, string> {
  const result = new Map<string, string>();
  let at = image.readUInt32LE(descriptorSector * 2048 + 156 + 2) * 2048;
  for (; image[at]; at += image[at]!) {
    const name = Buffer.from(image.subarray(at + 33, at + 33 + image[at + 32]!));
    if (name.length === 1) continue;
    const start = image.readUInt32LE(at + 2) * 2048;
    const text = encoding === "latin1" ? name.toString("latin1") : name.swap16().toString("utf16le");
    result.set(text, image.toString("utf8", start, start + image.readUInt32LE(at + 10)));
  }
  return result;
}
