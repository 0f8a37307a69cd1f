// Puts what each status round saw of guests, nodes and storages into the archive of measurements.
import { nodeUsages, storageUsages, STORAGE_BYTES } from "../api/rows.ts";
import type { Lab } from "../lab.ts";
import type { Sample } from "../machines/status-round.ts";
import { SYNTHETIC_FLAVOUR } from "../synthetic-guests.ts";
import type { Values } from "./archive.ts";

const COUNTERS = ["netin", "netout", "diskread", "diskwrite"] as const;
const NO_PRESSURE = {
  pressurecpusome: 0,
  pressureiofull: 0,
  pressureiosome: 0,
  pressurememoryfull: 0,
  pressurememorysome: 0,
};

interface Reading {
  atMs: number;
  sample: Sample;
}

export class Recorder {
  readonly #before = new Map<number, Reading>();

  /** Records one round that has just ended, or that ended at `atMs`. */
  record(lab: Lab, atMs = Date.now()): void {
    const traffic = new Map<string, { netin: number; netout: number }>();
    for (const [id, guest] of Object.entries(lab.state.guests)) {
      const vmid = Number(id);
      const sample = lab.status.last(vmid);
      if (sample === undefined || guest.flavour === SYNTHETIC_FLAVOUR || !lab.nodes.isOnline(guest.node)) continue;
      const values = this.#values({ atMs, sample }, this.#before.get(vmid));
      lab.measurements.record(`guest/${vmid}`, atMs, values);
      this.#before.set(vmid, { atMs, sample });
      const sum = traffic.get(guest.node) ?? { netin: 0, netout: 0 };
      sum.netin += values["netin"] ?? 0;
      sum.netout += values["netout"] ?? 0;
      traffic.set(guest.node, sum);
    }
    for (const vmid of this.#before.keys()) if (lab.state.guests[vmid] === undefined) this.#before.delete(vmid);
    this.#recordNodes(lab, atMs, traffic);
    lab.measurements.saveSometimes(atMs);
  }

  #values({ atMs, sample }: Reading, before: Reading | undefined): Values {
    const values: Values = { maxcpu: sample.maxcpu, maxmem: sample.maxmem, maxdisk: sample.maxdisk, disk: 0 };
    if (sample.status !== "running") return values;
    Object.assign(values, { cpu: sample.cpu, mem: sample.mem, memhost: 0, ...NO_PRESSURE, pressurecpufull: 0 });
    const seconds = before === undefined ? 0 : (atMs - before.atMs) / 1_000;
    // Counters begin anew with each power-on.
    const goesOn = before !== undefined && before.sample.uptime <= sample.uptime && seconds > 0;
    for (const name of COUNTERS)
      values[name] = goesOn ? Math.max(0, (sample[name] - before.sample[name]) / seconds) : 0;
    return values;
  }

  #recordNodes(lab: Lab, atMs: number, traffic: Map<string, { netin: number; netout: number }>): void {
    const [usages, storage] = [nodeUsages(lab), storageUsages(lab)];
    for (const node of lab.state.nodes) {
      if (!lab.nodes.isOnline(node)) continue;
      const usage = usages(node);
      lab.measurements.record(`node/${node}`, atMs, {
        ...NO_PRESSURE,
        arcsize: 0,
        cpu: usage.cpu,
        iowait: 0,
        loadavg: usage.cpu * usage.maxcpu,
        maxcpu: usage.maxcpu,
        memavailable: usage.maxmem - usage.mem,
        memtotal: usage.maxmem,
        memused: usage.mem,
        netin: traffic.get(node)?.netin ?? 0,
        netout: traffic.get(node)?.netout ?? 0,
        roottotal: usage.rootTotal,
        rootused: usage.rootUsed,
        swaptotal: 0,
        swapused: 0,
      });
      for (const id of Object.keys(lab.state.storages))
        lab.measurements.record(`storage/${node}/${id}`, atMs, { total: STORAGE_BYTES, used: storage(node, id) });
    }
  }
}
