// Sizes of services and limits of tenants as requests carry them.
import { z } from "zod";
import { SIZE_BOUNDS } from "../rules/quota.ts";
import { ENVELOPE_MODES, RESOURCES } from "../rules/views.ts";
import type { Resource } from "../rules/views.ts";

export const cores = z.number().int().min(SIZE_BOUNDS.cores[0]).max(SIZE_BOUNDS.cores[1]);
export const memoryMiB = z.number().int().min(SIZE_BOUNDS.memoryMiB[0]).max(SIZE_BOUNDS.memoryMiB[1]);
export const diskGiB = z.number().int().min(SIZE_BOUNDS.diskGiB[0]).max(SIZE_BOUNDS.diskGiB[1]);

export const amount = z.number().int().min(0).max(1_000_000_000);

/** Limits by resource; what is not named is left as it is, or zero where it is new. */
export const Limits = byResource(amount);
/** How each resource is handed out; what is not named is left as it is, or carved where it is new. */
export const Modes = byResource(z.enum(ENVELOPE_MODES));

function byResource<Value extends z.ZodType>(value: Value) {
  return z.strictObject(
    Object.fromEntries(RESOURCES.map((resource) => [resource, value.optional()])) as Record<
      Resource,
      z.ZodOptional<Value>
    >,
  );
}
