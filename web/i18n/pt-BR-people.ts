// Brazilian Portuguese words about people, security and keys.
import type { enPeople } from "./en-people.ts";

export const ptBRPeople: Record<keyof typeof enPeople, string> = {};
