// The address that a guest has when nobody gave it one.

/** What a guest gets by DHCP: its own for each number up to a million apart, within 10.64.0.0/12. */
export function guestAddress(vmid: number): string {
  const host = FIRST_HOST + (vmid % HOSTS);
  return `10.${64 + (host >>> 16)}.${(host >>> 8) & 255}.${host & 255}`;
}

/** Room below for gateway and name server, above for the sixteen leases that QEMU counts on from the first. */
const FIRST_HOST = 256;
const HOSTS = 2 ** 20 - FIRST_HOST - 32;
