// Which entries fit a few typed letters, best first: whole beginnings, then beginnings of words, then letters in order.
import { plain } from "../../ui/plain.ts";

export function rank<T>(typed: string, entries: readonly T[], labelOf: (entry: T) => string): T[] {
  const wanted = plain(typed).trim();
  if (wanted === "") return [...entries];
  return entries
    .map((entry, index) => ({ entry, index, score: score(wanted, plain(labelOf(entry))) }))
    .filter((row) => row.score > 0)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .map((row) => row.entry);
}

function score(wanted: string, label: string): number {
  if (label.startsWith(wanted)) return 4;
  if (label.split(/[\s:·-]+/).some((word) => word.startsWith(wanted))) return 3;
  if (label.includes(wanted)) return 2;
  let from = 0;
  for (const letter of wanted) {
    const at = label.indexOf(letter, from);
    if (at < 0) return 0;
    from = at + 1;
  }
  return 1;
}
