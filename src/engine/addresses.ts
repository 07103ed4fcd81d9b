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
    const range = rangeOf(text);
    return range !== undefined && candidate.kind() === range[0].kind() && candidate.match(range);
  });
}

type Range = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Bits in front of the IPv4 address in a mapped one, `::ffff:203.0.113.9`. */
const MAPPED_BITS = 96;

/** An entry that cannot be read lets nobody in. */
function rangeOf(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | undefined {
  if (ipaddr.isValidCIDR(text)) return unmapped(ipaddr.parseCIDR(text));
  if (!ipaddr.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

function unmapped([address, bits]: Range): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const isMapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress();
  if (!isMapped || bits < MAPPED_BITS) return [address, bits];
  return [address.toIPv4Address(), bits - MAPPED_BITS];
}
