// The cpio writer: header fields, padding, parents put in front, doubles refused.
import { expect, test } from "vitest";
import { packCpio } from "./cpio.ts";

test("entries come in order, behind the directories that hold them", () => {
  const names = records(packCpio([{ path: "a/b/c", kind: "file", mode: 0o644, data: "xyz" }])).map(
    (record) => record.name,
  );
  expect(names).toEqual(["a", "a/b", "a/b/c", "TRAILER!!!"]);
});

test("type, mode, size and device numbers stand in the header", () => {
  const [dev, console, link] = records(
    packCpio([
      { path: "dev/console", kind: "characterDevice", mode: 0o600, device: [5, 1] },
      { path: "init", kind: "link", mode: 0o777, data: "bin/busybox" },
    ]),
  );
  expect(dev).toMatchObject({ mode: 0o040755, data: "" });
  expect(console).toMatchObject({ mode: 0o020600, device: [5, 1] });
  expect(link).toMatchObject({ mode: 0o120777, data: "bin/busybox" });
});

test("a path given twice is refused", () => {
  const entry = { path: "x", kind: "file", mode: 0o644 } as const;
  expect(() => packCpio([entry, entry])).toThrow("given twice");
});

function records(archive: Buffer) {
  const result: { name: string; mode: number; data: string; device: [number, number] }[] = [];
  for (let at = 0; at < archive.length;) {
    expect(archive.toString("latin1", at, at + 6)).toBe("070701");
    const field = (index: number) =>
      Number.parseInt(archive.toString("latin1", at + 6 + index * 8, at + 14 + index * 8), 16);
    const nameEnd = at + 110 + field(11);
    const dataStart = aligned(nameEnd);
    result.push({
      name: archive.toString("latin1", at + 110, nameEnd - 1),
      mode: field(1),
      data: archive.toString("latin1", dataStart, dataStart + field(6)),
      device: [field(9), field(10)],
    });
    at = aligned(dataStart + field(6));
  }
  return result;
}

function aligned(value: number): number {
  return (value + 3) & ~3;
}
