// Lines of CSV (RFC 4180) that spreadsheets may open without running what people have typed.

/** One line, with its end; null is an empty field. */
export function csvLine(fields: readonly (string | null)[]): string {
  return `${fields.map((field) => csvField(field ?? "")).join(",")}\r\n`;
}

/** A field that a spreadsheet would take for a formula is written as text: names are what people type. */
function csvField(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
