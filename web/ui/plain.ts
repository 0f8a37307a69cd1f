// Comparing words as people type them: case and accents do not count.

/** A text without case and accents, for searching. */
export function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
