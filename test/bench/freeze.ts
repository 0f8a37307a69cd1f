// Stops processes in the middle of whatever they do, so that one can look where they stand before they are killed.

/** Stops them; what they hold open stays open, and what is sent to them waits. */
export function freeze(pids: readonly number[]): void {
  for (const pid of pids) process.kill(pid, "SIGSTOP");
}

/** Lets them go on where they were stopped. */
export function thaw(pids: readonly number[]): void {
  for (const pid of pids) process.kill(pid, "SIGCONT");
}

/** A power cut: SIGKILL ends stopped processes too, and none of them gets to say a word. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Gone already.
    }
  }
}
