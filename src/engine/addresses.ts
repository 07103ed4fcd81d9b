import ipaddr from 'ipaddr.js';

/**
 * Whether an address is on a list of addresses and CIDR ranges. An empty list allows everybody:
 * the signature is what proves the sender, the list only narrows.
 */
export function isAddressAllowed(address: string, allowed: readonly string[]): boolean {
  if (allowed.length === 0) return true;
  if (!ipaddr.isValid(address)) return false;
  const candidate = ipaddr.process(address);
  return allowed.some((text) => {
    const [range, bits] = rangeOf(text);
    return candidate.kind() === range.kind() && candidate.match(range, bits);
  });
}

function rangeOf(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}
