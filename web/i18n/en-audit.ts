// English words about the audit and the reconciler.
export const enAudit = {};
