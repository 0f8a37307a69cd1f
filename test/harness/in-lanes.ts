// Work side by side, but not all of it at once.

/** Runs tasks in as many lanes as told, each the next one that is left. */
export async function inLanes<T>(lanes: number, tasks: readonly T[], run: (task: T) => Promise<void>): Promise<void> {
  const left = [...tasks];
  const lane = async () => {
    for (let task = left.shift(); task !== undefined; task = left.shift()) await run(task);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
