// Shapes of the API about snapshots, backups, and sizes that wait for a restart.

export interface SnapshotView {
  id: string;
  name: string;
  description: string;
  withMemory: boolean;
  /** Name of the snapshot that it was made upon, null at the root. */
  parentName: string | null;
  state: "creating" | "ready" | "deleting";
  /** The schedule that made it, which may be gone by now. */
  scheduleId: string | null;
  createdAt: number;
}

export interface BackupView {
  id: string;
  service: { id: string; name: string; kind: "vm" | "container"; deleted: boolean };
  sizeBytes: number | null;
  chargedGiB: number;
  /** What a restore to a new service takes. */
  size: { cores: number; memoryMiB: number; diskGiB: number };
  notes: string;
  protected: boolean;
  state: "creating" | "ready" | "deleting";
  operationId: string | null;
  /** The schedule that made it, which may be gone by now. */
  scheduleId: string | null;
  createdAt: number;
}

/** Answer of `GET …/services/:service/pending`: what a running guest has, and what it gets at its next start. */
export interface PendingView {
  restartNeeded: boolean;
  cores: { now: number; next: number };
  memoryMiB: { now: number; next: number };
}
