// Secrets at rest: a sealed text opens for its own place under its own key, unchanged, and in no other way.
import { randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { workerCode } from "../../test/harness/worker-code.ts";
import type { Sealing, SealingDeps } from "../../test/harness/worker-code.ts";

const { open, seal } = await workerCode<Sealing>("domain/sealing.ts");

function depsWith(key: Buffer, id = "k1", old: Record<string, Buffer> = {}): { deps: SealingDeps; lines: string[] } {
  const lines: string[] = [];
  const deps: SealingDeps = {
    config: {
      ENCRYPTION_KEY: key.toString("base64"),
      ENCRYPTION_KEY_ID: id,
      ENCRYPTION_KEYS_OLD: new Map(Object.entries(old).map(([name, raw]) => [name, raw.toString("base64")])),
    },
    log: (level, event, fields) => void lines.push(JSON.stringify({ level, event, ...fields })),
  };
  return { deps, lines };
}

const place = "identity:ten_a:clu_a";
const secret = "5f0d9a3e-1111-2222-3333-444455556666";

describe("sealing", () => {
  it("gives back what was sealed, whatever it was", async () => {
    const { deps } = depsWith(randomBytes(32));
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), fc.string(), async (text, where) => {
        expect(await open(deps, where, await seal(deps, where, text))).toBe(text);
      }),
      { numRuns: 50 },
    );
  });

  it("never makes the same text twice, and never shows the secret", async () => {
    const { deps } = depsWith(randomBytes(32));
    const [one, two] = [await seal(deps, place, secret), await seal(deps, place, secret)];
    expect(one).not.toBe(two);
    expect(one).toMatch(/^k1\.[\w-]+\.[\w-]+$/);
    expect(one).not.toContain(secret);
    expect(Buffer.from(one.split(".")[2] ?? "", "base64url").toString("latin1")).not.toContain(secret.slice(0, 8));
  });

  it("does not open for another place, so that rows cannot be swapped", async () => {
    const { deps, lines } = depsWith(randomBytes(32));
    const sealed = await seal(deps, place, secret);
    for (const other of ["identity:ten_b:clu_a", "identity:ten_a:clu_b", "cluster:clu_a", ""]) {
      await expect(open(deps, other, sealed)).rejects.toMatchObject({ code: "internal" });
    }
    expect(lines.length).toBe(4);
    expect(lines.join()).not.toContain(secret);
    expect(lines.join()).not.toContain(sealed);
  });

  it("does not open under another key", async () => {
    const sealed = await seal(depsWith(randomBytes(32)).deps, place, secret);
    await expect(open(depsWith(randomBytes(32)).deps, place, sealed)).rejects.toMatchObject({ code: "internal" });
  });

  it("seals under the current key, and opens what older keys have sealed for as long as they are given", async () => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const old = await seal(depsWith(first).deps, place, secret);
    const { deps } = depsWith(second, "k2", { k1: first });
    const fresh = await seal(deps, place, secret);
    expect([old.split(".")[0], fresh.split(".")[0]]).toEqual(["k1", "k2"]);
    expect([await open(deps, place, old), await open(deps, place, fresh)]).toEqual([secret, secret]);
    const without = depsWith(second, "k2").deps;
    expect(await open(without, place, fresh)).toBe(secret);
    await expect(open(without, place, old)).rejects.toMatchObject({ code: "internal" });
    // The id is only a name: a text that claims another key's does not open under it.
    const claimed = old.replace(/^k1/, "k2");
    await expect(open(deps, place, claimed)).rejects.toMatchObject({ code: "internal" });
  });

  it("does not open when any byte was changed", async () => {
    const { deps } = depsWith(randomBytes(32));
    const sealed = await seal(deps, place, secret);
    const [keyId = "", iv = "", text = ""] = sealed.split(".");
    for (let index = 0; index < 64; index += 1) {
      await expect(open(deps, place, [keyId, iv, flip(text, index)].join("."))).rejects.toMatchObject({
        code: "internal",
      });
      await expect(open(deps, place, [keyId, flip(iv, index), text].join("."))).rejects.toMatchObject({
        code: "internal",
      });
    }
  });

  it.each(["", "k1", "k1..", "k2.AAAA.AAAA", "plain text", "k1.%.%"])("does not open %j", async (sealed) => {
    const { deps } = depsWith(randomBytes(32));
    await expect(open(deps, place, sealed)).rejects.toMatchObject({ code: "internal" });
  });
});

function flip(part: string, index: number): string {
  const bytes = Buffer.from(part, "base64url");
  bytes[index % bytes.length] = (bytes[index % bytes.length] ?? 0) ^ 1;
  return bytes.toString("base64url");
}
