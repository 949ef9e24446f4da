// Values by networks, `10.0.0.0/8` or `2001:db8::/32`: an address has the value of the smallest network it is in.
import { isIPv4, isIPv6 } from "node:net";

interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

export class AddressMap<Value> {
  /** By family and length of the prefix, the longest first. */
  readonly #prefixes: { readonly bits: number; readonly shift: bigint; readonly length: number; readonly values: Map<bigint, Value> }[] = [];

  /** false: this is no network and no address. */
  set(network: string, value: Value): boolean {
    const [text = "", prefix, more] = network.trim().split("/");
    const address = readAddress(text);
    if (address === undefined || more !== undefined || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) return false;
    // `::ffff:10.0.0.0/104` is 10.0.0.0/8.
    const length = prefix === undefined ? address.bits : Number(prefix) - (text.includes(":") ? 128 - address.bits : 0);
    if (length < 0 || address.bits < length) return false;
    let found = this.#prefixes.find((each) => each.bits === address.bits && each.length === length);
    if (found === undefined) {
      found = { bits: address.bits, shift: BigInt(address.bits - length), length, values: new Map() };
      this.#prefixes.push(found);
      this.#prefixes.sort((one, other) => other.length - one.length);
    }
    found.values.set(address.value >> found.shift, value);
    return true;
  }

  get(text: string): Value | undefined {
    const address = readAddress(text.trim());
    if (address === undefined) return undefined;
    for (const { bits, shift, values } of this.#prefixes) {
      const value = bits === address.bits ? values.get(address.value >> shift) : undefined;
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

function readAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { bits: 32, value: fromFour(text) };
  if (!isIPv6(text) || text.includes("%")) return undefined;
  // The last two groups may be written as IPv4.
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const four = dotted?.[2] === undefined ? undefined : fromFour(dotted[2]);
  const written = four === undefined ? text : `${dotted?.[1] ?? ""}${(four >> 16n).toString(16)}:${(four & 0xffffn).toString(16)}`;
  const [before = "", after] = written.split("::");
  const head = before === "" ? [] : before.split(":");
  const tail = after === undefined || after === "" ? [] : after.split(":");
  const groups = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => "0"), ...tail];
  const value = groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
  // An IPv4 address in IPv6's clothes is the address it is.
  return value >> 32n === 0xffffn ? { bits: 32, value: value & 0xffff_ffffn } : { bits: 128, value };
}

function fromFour(text: string): bigint {
  return text.split(".").reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}
