// English words about resellers, quotas and fronts.
export const enTree = {};
