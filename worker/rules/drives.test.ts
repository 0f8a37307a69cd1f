// Drives: images go where nothing else is, and what the portal has not put in stays in.
import { describe, expect, it } from "vitest";
import { driveOf, ejecting, imageIn, mounting } from "./drives.ts";

const ISO = "local:iso/rescue.iso";
const OTHER = "local:iso/other.iso";
const BASE = {
  boot: "order=scsi0;net0",
  scsi0: "local-lvm:vm-100-disk-0,size=2G",
  ide2: "local-lvm:vm-100-cloudinit,media=cdrom,size=4M",
};
const mounted = (slot: string, boot = BASE.boot) => ({ ...BASE, boot, [slot]: `${ISO},media=cdrom,size=1M` });

describe("an image", () => {
  it("goes into a slot of its own, beside the disk and the drive of cloud-init", () => {
    expect(mounting(BASE, [ISO], ISO, false)).toEqual({ slot: "ide3", set: { ide3: `${ISO},media=cdrom` }, drop: [] });
  });

  it("is booted from first where that is asked for, and the old order stands behind it", () => {
    expect(mounting(BASE, [ISO], ISO, true)?.set).toEqual({
      ide3: `${ISO},media=cdrom`,
      boot: "order=ide3;scsi0;net0",
    });
    const { boot: _, ...unordered } = BASE;
    expect(mounting(unordered, [ISO], ISO, true)?.set["boot"]).toBe("order=ide3;scsi0");
  });

  it("takes the place of the one before, also where it is not booted from any more", () => {
    expect(mounting(mounted("ide3", "order=ide3;scsi0"), [ISO, OTHER], OTHER, false)).toEqual({
      slot: "ide3",
      set: { ide3: `${OTHER},media=cdrom`, boot: "order=scsi0" },
      drop: [],
    });
  });

  it("goes to the first free slot, and nowhere where none is free", () => {
    const disk = "local-lvm:vm-100-disk-1,size=1G";
    expect(mounting({ ...BASE, ide3: disk }, [ISO], ISO, false)?.slot).toBe("sata0");
    const full = Object.fromEntries(["ide3", ...[0, 1, 2, 3, 4, 5].map((n) => `sata${n}`)].map((slot) => [slot, disk]));
    expect(mounting({ ...BASE, ...full }, [ISO], ISO, false)).toBeNull();
  });
});

describe("ejecting", () => {
  it("takes the drive out of a machine that is off, and empties that of one that is on", () => {
    expect(ejecting(mounted("ide3", "order=ide3;scsi0;net0"), [ISO], false)).toEqual({
      set: { boot: "order=scsi0;net0" },
      drop: ["ide3"],
    });
    expect(ejecting(mounted("ide3"), [ISO], true)).toEqual({ set: { ide3: "none,media=cdrom" }, drop: [] });
  });

  it("leaves alone what the portal has not put in", () => {
    const foreign = { ...BASE, ide3: `${OTHER},media=cdrom`, ide0: `${ISO},media=cdrom` };
    expect([driveOf(foreign, [ISO]), ejecting(foreign, [ISO], false)]).toEqual([null, { set: {}, drop: [] }]);
    expect(driveOf({ ide3: "local-lvm:vm-1-cloudinit,media=cdrom" }, [ISO])).toBeNull();
  });

  it("knows an emptied drive again", () => {
    const emptied = { ...BASE, ide3: "none,media=cdrom" };
    expect([driveOf(emptied, [ISO]), imageIn(emptied, "ide3"), imageIn(mounted("ide3"), "ide3")]).toEqual([
      "ide3",
      null,
      ISO,
    ]);
    expect(mounting(emptied, [ISO], ISO, false)?.slot).toBe("ide3");
  });
});
