// Damage as peers, networks and people who mean harm do it: bits, cuts, repeats, splices of two messages, and the pieces that readers of
// text, HTTP and MessagePack stumble over.
import type { Dice } from "./dice.ts";

const repeated = (byte: number, count: number): Buffer => Buffer.alloc(count, byte);

/** What is put in or over: sizes nobody has, depth without end, ends in wrong places, text that is none. */
const ODD_PIECES: readonly Buffer[] = [
  ...["0", "-1", "1e999", "-0.0", "999999999 ", "4294967296", "18446744073709551616", "NaN", "0x7f", "1".repeat(400)].map((text) => Buffer.from(text)),
  ...["\0", "\r", "\n", "\r\n", "\r\n\r\n", "\0\0\0\0", "\\n", "\\u0000", "\\ud800", "\\", '"', "'", "<", ">", "]", "{", "}", "=", ",", ":", ";", "%", " ", "\t"].map((text) => Buffer.from(text)),
  ...["한글", "가\u0301", "\u{1f600}", "\ufeff", "\u202e", "__proto__", "constructor", "toString", "../../", "${tag}", "\u001b[2J"].map((text) => Buffer.from(text)),
  Buffer.from([0xb0, 0xa1, 0xb3, 0xaa]), // 가나 in CP949
  Buffer.from([0xed, 0xa0, 0x80]), // a lone surrogate
  Buffer.from([0xf4, 0x90, 0x80, 0x80]),
  Buffer.from([0xff, 0xfe]),
  Buffer.from([0xc0]),
  Buffer.from([0xc1]),
  Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff]), // a map of 2^32 pairs
  Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]),
  Buffer.from([0xc6, 0xff, 0xff, 0xff, 0xff]),
  Buffer.from([0xdb, 0x7f, 0xff, 0xff, 0xff]),
  Buffer.from([0xc7, 0x08, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
  Buffer.from([0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0]), // infinity
  Buffer.from([0x81, 0x81, 0xa8, ...Buffer.from("toString"), 0x01, 0x01]),
  repeated(0x91, 100),
  repeated(0x81, 100),
  repeated(0x5b, 2000),
  Buffer.from('{"a":'.repeat(500)),
  Buffer.from("<a>".repeat(500)),
  repeated(0x61, 5000),
];

type Damage = (message: Buffer, others: readonly Buffer[], dice: Dice) => Buffer;

const damages: readonly Damage[] = [
  function flip(message, _others, dice) {
    const copy = Buffer.from(message);
    for (let count = 1 + dice.below(4); 0 < count; count -= 1) {
      const at = dice.below(copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << dice.below(8));
    }
    return copy;
  },
  function overwrite(message, _others, dice) {
    const copy = Buffer.from(message);
    dice.pick(ODD_PIECES).copy(copy, dice.below(copy.length));
    return copy;
  },
  function insert(message, _others, dice) {
    const at = dice.below(message.length + 1);
    return Buffer.concat([message.subarray(0, at), dice.pick(ODD_PIECES), message.subarray(at)]);
  },
  function cutOut(message, _others, dice) {
    const from = dice.below(message.length);
    return Buffer.concat([message.subarray(0, from), message.subarray(from + 1 + dice.below(8))]);
  },
  function cutOff(message, _others, dice) {
    return message.subarray(0, dice.below(message.length));
  },
  function repeat(message, _others, dice) {
    const from = dice.below(message.length);
    const to = Math.min(message.length, from + 1 + dice.below(32));
    return Buffer.concat([message.subarray(0, to), ...Array.from({ length: 1 + dice.below(dice.chance(0.1) ? 200 : 4) }, () => message.subarray(from, to)), message.subarray(to)]);
  },
  function splice(message, others, dice) {
    const other = dice.pick(others);
    return Buffer.concat([message.subarray(0, dice.below(message.length + 1)), other.subarray(dice.below(other.length))]);
  },
  function number(message, _others, dice) {
    const digits = [...message.toString("latin1").matchAll(/\d+/g)];
    if (digits.length === 0) return message;
    const { index, 0: text } = dice.pick(digits);
    return Buffer.concat([message.subarray(0, index), dice.pick(ODD_PIECES.slice(0, 10)), message.subarray(index + text.length)]);
  },
];

/** The message, hurt once or a few times. */
export function mutated(message: Buffer, others: readonly Buffer[], dice: Dice): Buffer {
  let hurt = message;
  for (let count = dice.chance(0.7) ? 1 : 1 + dice.below(4); 0 < count && 0 < hurt.length; count -= 1) hurt = dice.pick(damages)(hurt, others, dice);
  return hurt;
}
