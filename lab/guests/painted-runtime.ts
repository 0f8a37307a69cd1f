// x
export function createPaintedRuntime(o: unknown): never { throw new Error("x"); }
