// Whether a picture may stand as a brand's logo: what it says it is, what it is, and how large.

const KIND = /^data:image\/(png|jpeg|webp);base64,([A-Za-z0-9+/]+={0,2})$/;
/** The most that a logo takes, in bytes. */
export const LOGO_BYTES = 64 * 1_024;

/** A code of rules/names.ts where the text is no logo, null where all is well. SVG, which can carry scripts, is none. */
export function logoProblem(text: string): "format" | "too_long" | null {
  const [, kind = "", data = ""] = KIND.exec(text) ?? [];
  if (kind === "") return "format";
  if (data.length % 4 !== 0) return "format";
  if ((data.length / 4) * 3 > LOGO_BYTES + 2) return "too_long";
  const bytes = atob(data);
  if (bytes.length > LOGO_BYTES) return "too_long";
  return isOf(kind, bytes) ? null : "format";
}

/** The first bytes that every file of a kind has. */
function isOf(kind: string, bytes: string): boolean {
  if (kind === "png") return bytes.startsWith("\x89PNG\r\n\x1a\n");
  if (kind === "jpeg") return bytes.startsWith("\xff\xd8\xff");
  return bytes.startsWith("RIFF") && bytes.slice(8, 12) === "WEBP";
}
