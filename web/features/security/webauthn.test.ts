// base64url, as the ceremonies of passkeys write bytes.
import { assert, property, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { bytes, text } from "./webauthn.ts";

it("reads back what it wrote, and writes no letter that an address would change", () => {
  assert(
    property(uint8Array({ maxLength: 100 }), (given) => {
      const written = text(Uint8Array.from(given).buffer);
      expect(written).toMatch(/^[\w-]*$/);
      expect([...bytes(written)]).toEqual([...given]);
    }),
  );
});
