// Puts the lab together: certificates, state, runtime, API server, control server.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import type { Server } from "node:net";
import type { AddressInfo } from "node:net";
import { dirname, resolve } from "node:path";
import { ENDPOINTS } from "./api/endpoints.ts";
import { Tickets } from "./access/tickets.ts";
import { loadCertificates } from "./certificates.ts";
import { createClock } from "./clock.ts";
import { Consoles } from "./console/consoles.ts";
import { createControlServer } from "./control.ts";
import { Faults } from "./faults.ts";
import type { GuestRuntime } from "./guests/runtime.ts";
import { packIso } from "./guests/iso.ts";
import { createRuntime } from "./guests/start.ts";
import { createDoor } from "./http/door.ts";
import { createApiServer, type CallCounter } from "./http/server.ts";
import { lastingFaults } from "./lasting-faults.ts";
import type { Lab } from "./lab.ts";
import { Machines } from "./machines/machines.ts";
import { StatusRound } from "./machines/status-round.ts";
import { Mailbox } from "./mail.ts";
import type { LabOptions } from "./options.ts";
import { Nodes } from "./nodes.ts";
import { ClusterLog } from "./cluster-log.ts";
import { MeasurementArchive } from "./measurements/archive.ts";
import { Recorder } from "./measurements/recorder.ts";
import { withSyntheticGuests } from "./synthetic-guests.ts";
import { loadSecrets, seedState } from "./seed.ts";
import { StateStore } from "./state.ts";
import { Tasks } from "./tasks.ts";

/** Guests that do not end within this are left to their own end. */
const CLOSE_TIMEOUT_MS = 1_500;

export interface RunningLab {
  lab: Lab;
  pveUrl: string;
  controlUrl: string;
  caFile: string;
  provisioningToken: string;
  rootPasswordFile: string;
  /** Saves the state, ends all guests, closes both servers. */
  close(): Promise<void>;
}

/** Starts a lab. `runtime` replaces the one that the options ask for. Throws where a port is taken. */
export async function startLab(
  options: LabOptions,
  log: (line: string) => void,
  runtime?: GuestRuntime,
): Promise<RunningLab> {
  const stateDir = resolve(options.stateDir);
  const secrets = loadSecrets(stateDir);
  const certificates = loadCertificates(stateDir);
  const store = new StateStore(stateDir, () => seedState(options.nodes, secrets, options.guests ?? 0));
  const clock = createClock(options.speed);
  const faults = new Faults();
  const bootedAtMs = Date.now();
  const tasks = new Tasks(store, clock, faults, bootedAtMs);
  const chosen = withSyntheticGuests(runtime ?? (await createRuntime({ stateDir, kind: options.runtime, log })));
  const clusterLog = new ClusterLog();
  tasks.observe((task) => clusterLog.task(task));
  const machines = new Machines(store, clock, chosen, stateDir, log);
  await makeMissingDisks(machines, chosen);
  const lab: Lab = {
    stateDir,
    store,
    state: store.state,
    clock,
    certificates,
    tickets: new Tickets(stateDir),
    faults,
    tasks,
    runtime: chosen,
    machines,
    nodes: new Nodes(machines, tasks, log),
    status: new StatusRound(machines, clock),
    measurements: new MeasurementArchive(stateDir),
    clusterLog,
    consoles: new Consoles(tasks),
    bootedAtMs,
    log,
  };
  faults.bindLasting(lastingFaults(lab));
  machines.volumes.isFull = (storage) => faults.isFull(storage);
  const recorder = new Recorder();
  lab.status.observe(() => recorder.record(lab));
  await lab.status.run();
  const calls: CallCounter = new Map();
  const api = createApiServer(lab, ENDPOINTS, calls);
  const door = createDoor(api);
  const control = createControlServer(lab, new Mailbox(stateDir), calls);
  const close = async (): Promise<void> => {
    lab.status.close();
    tasks.stopAll();
    for (const server of [door, control]) {
      server.close();
      server.closeAllConnections();
    }
    await Promise.race([machines.close(), new Promise((done) => setTimeout(done, CLOSE_TIMEOUT_MS))]);
    lab.measurements.save();
    store.flush();
  };
  try {
    const pvePort = await listen(door, options.pvePort);
    const controlPort = await listen(control, options.controlPort);
    void machines.resumeAfterPowerCut();
    return {
      lab,
      close,
      caFile: certificates.caFile,
      provisioningToken: secrets.provisioningToken,
      rootPasswordFile: secrets.rootPasswordFile,
      pveUrl: `https://127.0.0.1:${pvePort}`,
      controlUrl: `http://127.0.0.1:${controlPort}`,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The seed only names the templates' disks; a lost image directory is healed in the same way. */
async function makeMissingDisks(machines: Machines, runtime: GuestRuntime): Promise<void> {
  for (const [volid, volume] of Object.entries(machines.state.volumes)) {
    const file = machines.volumes.file(volid);
    if (file === null || existsSync(file) || volume.parent !== undefined) continue;
    mkdirSync(dirname(file), { recursive: true });
    if (volume.content === "iso") {
      const image = packIso("TINY", [{ name: "readme.txt", data: "A disc of the Nubemox lab.\n" }]);
      writeFileSync(file, image);
      volume.sizeBytes = image.length;
      continue;
    }
    await runtime.createDisk(file, volume.sizeBytes);
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((done, fail) => {
    server.once("error", fail);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", fail);
      done((server.address() as AddressInfo).port);
    });
  });
}
