// Brazilian Portuguese words about snapshots, backups and sizes.
import type { enCopies } from "./en-copies.ts";

export const ptBRCopies: Record<keyof typeof enCopies, string> = {};
