// Task ids, in the shape that clients parse.
import { expect, test } from "vitest";
import { formatUpid, parseUpid } from "./upid.ts";

const TEXT = "UPID:pve1:0000121D:0005A3B2:6B00DB2C:qmclone:9000:nubemox@pve!prov:";

test("parses and formats the same text", () => {
  const parts = parseUpid(TEXT);
  expect(parts).toMatchObject({ node: "pve1", pid: 4_637, type: "qmclone", id: "9000", authId: "nubemox@pve!prov" });
  expect(parts === null ? null : formatUpid(parts)).toBe(TEXT);
});

test("the id may be empty or hold other things", () => {
  expect(parseUpid("UPID:pve1:0000121D:0005A3B2:6B00DB2C:imgdel:120@local:a@pve:")?.id).toBe("120@local");
  expect(parseUpid("UPID:pve1:0000121D:0005A3B2:6B00DB2C:vzdump::a@pve:")?.id).toBe("");
});

test.each(["nonsense", TEXT.slice(0, -1), TEXT.replace("UPID", "UPIX")])("is not one: %s", (text) => {
  expect(parseUpid(text)).toBeNull();
});
