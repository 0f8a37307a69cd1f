// Which addresses are taken to be one customer's.

/** An IPv6 customer has a whole /64: it counts as one. */
export function networkOf(ip: string | null): string {
  if (ip === null) return "unknown";
  if (!ip.includes(":") || ip.includes(".")) return ip;
  const [head = "", tail] = ip.split("::");
  const start = head.split(":").filter(Boolean);
  const end = tail === undefined ? [] : tail.split(":").filter(Boolean);
  const groups = tail === undefined ? start : [...start, ...Array(8 - start.length - end.length).fill("0"), ...end];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}
