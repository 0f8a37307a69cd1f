// The running stand-in: its state and the things that act on it, handed to every endpoint.
import type { Certificates } from "./certificates.ts";
import type { Clock } from "./clock.ts";
import type { Consoles } from "./console/consoles.ts";
import type { Tickets } from "./access/tickets.ts";
import type { ClusterLog } from "./cluster-log.ts";
import type { Faults } from "./faults.ts";
import type { GuestRuntime } from "./guests/runtime.ts";
import type { Machines } from "./machines/machines.ts";
import type { MeasurementArchive } from "./measurements/archive.ts";
import type { StatusRound } from "./machines/status-round.ts";
import type { Nodes } from "./nodes.ts";
import type { LabState, StateStore } from "./state.ts";
import type { Tasks } from "./tasks.ts";

export interface Lab {
  readonly stateDir: string;
  readonly store: StateStore;
  readonly state: LabState;
  readonly clock: Clock;
  readonly certificates: Certificates;
  readonly tickets: Tickets;
  readonly faults: Faults;
  readonly tasks: Tasks;
  readonly runtime: GuestRuntime;
  readonly machines: Machines;
  readonly nodes: Nodes;
  readonly status: StatusRound;
  readonly measurements: MeasurementArchive;
  readonly clusterLog: ClusterLog;
  readonly consoles: Consoles;
  /** Milliseconds since the epoch at which this process started: the nodes' boot. */
  readonly bootedAtMs: number;
  readonly log: (line: string) => void;
}
