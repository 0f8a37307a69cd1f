// English words about what happens to a service: power, rebuilding, drives, expiry, keys.
export const enLife = {
  "operation.ahead.one": "{{count}} before it",
  "operation.ahead.other": "{{count}} before it",
};
