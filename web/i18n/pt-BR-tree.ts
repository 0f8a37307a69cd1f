// Brazilian Portuguese words about resellers, quotas and fronts.
import type { enTree } from "./en-tree.ts";

export const ptBRTree: Record<keyof typeof enTree, string> = {};
