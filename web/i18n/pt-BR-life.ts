// Brazilian Portuguese words about what happens to a service: power, rebuilding, drives, expiry, keys.
import type { enLife } from "./en-life.ts";

export const ptBRLife: Record<keyof typeof enLife, string> = {
  "operation.ahead.one": "{{count}} antes dele",
  "operation.ahead.other": "{{count}} antes dele",
};
