import { BlockList, isIP, isIPv4 } from 'node:net';

/** Networks that are nobody's on the public internet, by what they are (RFC 6890 and its successors). */
const networks: readonly (readonly [address: string, bits: number])[] = [
  ['0.0.0.0', 8], // this host
  ['10.0.0.0', 8], // private
  ['100.64.0.0', 10], // shared by carriers
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link-local, metadata services of clouds among it
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocol assignments
  ['192.0.2.0', 24], // documentation
  ['192.88.99.0', 24], // relays from IPv6
  ['192.168.0.0', 16], // private
  ['198.18.0.0', 15], // benchmarks
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, broadcast among it
];

/** Of IPv6 only what is given out as global unicast is asked, less what leads back into IPv4 or is for documents. */
const exceptions: readonly (readonly [address: string, bits: number])[] = [
  ['2001::', 23], // protocol assignments, Teredo among them
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4: holds an IPv4 address
  ['3fff::', 20], // documentation
];

const refused4 = new BlockList();
for (const [address, bits] of networks) refused4.addSubnet(address, bits, 'ipv4');
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');
const refused6 = new BlockList();
for (const [address, bits] of exceptions) refused6.addSubnet(address, bits, 'ipv6');

/** Whether an address belongs to somebody on the public internet. IPv4 written as IPv6 does not pass. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  if (isIPv4(address)) return !refused4.check(address, 'ipv4');
  return global6.check(address, 'ipv6') && !refused6.check(address, 'ipv6');
}
