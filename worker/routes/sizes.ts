// Sizes of services as requests carry them.
import { z } from "zod";
import { SIZE_BOUNDS } from "../rules/quota.ts";

export const cores = z.number().int().min(SIZE_BOUNDS.cores[0]).max(SIZE_BOUNDS.cores[1]);
export const memoryMiB = z.number().int().min(SIZE_BOUNDS.memoryMiB[0]).max(SIZE_BOUNDS.memoryMiB[1]);
export const diskGiB = z.number().int().min(SIZE_BOUNDS.diskGiB[0]).max(SIZE_BOUNDS.diskGiB[1]);
