// English words about what happens to a service: power, rebuilding, drives, expiry, keys.
export const enLife = {};
