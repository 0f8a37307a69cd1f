// Brazilian Portuguese words about the audit and the reconciler.
import type { enAudit } from "./en-audit.ts";

export const ptBRAudit: Record<keyof typeof enAudit, string> = {};
