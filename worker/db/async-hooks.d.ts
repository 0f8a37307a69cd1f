// The part of Node's `async_hooks` that workerd has and the meter needs; the Worker is typed without Node's own types.
declare module "node:async_hooks" {
  export class AsyncLocalStorage<Store> {
    run<Result>(store: Store, act: () => Result): Result;
    getStore(): Store | undefined;
  }
}
