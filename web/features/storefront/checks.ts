// Checks of the front's form that need no request; codes are keys of the dictionary (`field.…`).

/** The last part of the front's address: 3 to 40 lower-case letters, digits and hyphens. */
export function linkProblem(link: string): string | null {
  if (link.trim() === "") return "required";
  if (link.trim().length < 3) return "too_short";
  return /^[a-z0-9-]{3,40}$/.test(link.trim()) ? null : "link_format";
}

/** A host name of at least two labels (RFC 1123), with a port where it is not the usual one; empty is none. */
export function hostProblem(host: string): string | null {
  if (host === "") return null;
  const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
  return new RegExp(`^(${label}\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?(:[1-9]\\d{1,4})?$`, "i").test(host)
    ? null
    : "host_format";
}

/** A link to begin with, out of a name: `Padaria São João` becomes `padaria-sao-joao`. */
export function linkFrom(name: string): string {
  const plain = name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40);
  return plain.length >= 3 ? plain : "";
}
