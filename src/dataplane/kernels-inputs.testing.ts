// Inputs for the kernels: bytes as logs and peers send them, and worse.
import fc from "fast-check";

/** The value one time in eight, else null. */
const rarely = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.oneof({ arbitrary: fc.constant(null), weight: 7 }, { arbitrary, weight: 1 });

/** How often each property is tried; the soak tries harder. */
const runs = Number(process.env["DURE_FUZZ_RUNS"] ?? 300);
/** Not shrunk: nested records have so many smaller neighbours that it would take hours. The seed is printed. */
export const FUZZ = { numRuns: runs, endOnFailure: true } as const;

const raw = (...bytes: number[]): Buffer => Buffer.from(bytes);
const oneOf = (...texts: readonly (string | Buffer)[]): fc.Arbitrary<Buffer> => fc.constantFrom(...texts.map((text) => Buffer.from(text as string)));

const spice = oneOf(
  "\n", "\n", "\r\n", "\r", "\n\n", '"', "\\", '\\"', "\t", " ", "-", "[", "]", "{", "}", ",", ":", "0", "7", "\b", "\f", "\0", "\x1f", "\x7f",
  "é", "두레", "가나다라마바사아자차카타파하", "😀", "\u2028", "\u00a0", "\ufeff", raw(0xc2), raw(0xe2, 0x82), raw(0xed, 0xa0, 0x80), raw(0xf4, 0x90, 0x80, 0x80), raw(0xc0, 0xaf), raw(0xf0, 0x9f, 0x98), raw(0xff), raw(0x80),
);
const word = fc.string({ unit: fc.constantFrom(..."abcxyz019 _-/.:"), maxLength: 40 }).map((text) => Buffer.from(text));
const long = fc.integer({ min: 0, max: 300 }).map((length) => Buffer.alloc(length, "the quick brown fox "));
const veryLong = fc.constantFrom(65_530, 65_535, 65_536, 65_537).map((length) => Buffer.alloc(length, "x"));
const noise = fc.uint8Array({ maxLength: 24 }).map((bytes) => Buffer.from(bytes));

/** Any bytes, with a bias to what matters to us. */
export const anyBytes: fc.Arbitrary<Buffer> = fc
  .array(fc.oneof({ arbitrary: spice, weight: 6 }, { arbitrary: word, weight: 4 }, { arbitrary: long, weight: 1 }, { arbitrary: noise, weight: 2 }), { maxLength: 40 })
  .map((parts) => Buffer.concat(parts));

export const anyBytesEvenLong: fc.Arbitrary<Buffer> = fc.oneof(
  { arbitrary: anyBytes, weight: 30 },
  { arbitrary: fc.tuple(anyBytes, veryLong, anyBytes).map((parts) => Buffer.concat(parts)), weight: 1 },
);

export const seconds: fc.Arbitrary<number> = fc.oneof(fc.constantFrom(0, 1, 86_399, 86_400, 951_782_400, 1_790_000_000, 0xffff_ffff), fc.integer({ min: 0, max: 0xffff_ffff }));
export const nanoseconds: fc.Arbitrary<number> = fc.oneof(fc.constantFrom(0, 1, 999_999_999, 123_456_789, 1_000_000), fc.integer({ min: 0, max: 999_999_999 }));

export const numberText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    "0", "-0", "-", "", "-1", "7", "127", "128", "255", "256", "65535", "65536", "4294967295", "4294967296", "-32", "-33", "-128", "-129", "-32768", "-32769", "-2147483648", "-2147483649",
    "007", "00", "-01", "01.5", "1.", ".5", "1.e3", "+1", "0x10", "1e5", "1E+5", "1e-7", "1e", "1e400", "-1e400", "0.1", "-0.0", "-0.5", "123.456", "0.000001", "3.14159265358979",
    "0.8444218515250481", "0.9444218515250481", "9007199254740992", "9007199254740993", "900719925474099.2", "900719925474099.3", "9007199254740.9921",
    "999999999999999999", "1000000000000000000", "-999999999999999999", "12345678901234567890", "0.00000000000000001", "0.000000000000000001", "1790000000", "1790000000.25", "1790000000.123456789", "1790000000123", "4294967296.5",
  ),
  fc.integer().map(String),
  fc.double({ noNaN: true }).map(String),
  fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n }).map(String),
  fc.tuple(fc.integer(), fc.nat({ max: 999_999 })).map(([whole, part]) => `${whole}.${part}`),
);

export const timeText: fc.Arbitrary<string> = fc.oneof(
  fc.date({ noInvalidDate: true, min: new Date(0), max: new Date("2107-01-01") }).map((date) => date.toISOString()),
  fc.constantFrom(
    "2026-10-10T10:11:12Z", "2026-10-10 10:11:12", "2026-10-10T10:11:12.123456789+09:00", "2026-10-10T10:11:12.1234567890Z", "2026-02-29T00:00:00Z", "2024-02-29T23:59:60-0330", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01",
    "2106-02-07T06:28:15Z", "2106-02-07T06:28:16Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-1-01T00:00:00Z", "2026-10-10T24:00:00Z", "2026-10-10T10:11:12.", "2026-10-10T10:11:12z", "2026-10-10T10:11:12+9", "2026-10-10T10:11:12+09:", "2026-10-10", "",
    "10/Oct/2026:13:55:36 +0900", "10/oct/2026:13:55:36 -0000", "10/Okt/2026:13:55:36 +0900", "Oct  9 13:55:36", "Oct 19 13:55:36", "Feb 29 00:00:00", "Dec 31 23:59:59", "Jan  1 00:00:00", "Sat Oct 10 13:55:36 2026", "1790000000", "1790000000123", "1790000000.5", "99999999999",
  ),
);

/** Numbers of the kind that the kernels take. */
const goodNumber: fc.Arbitrary<string> = fc.oneof(
  fc.integer().map(String),
  fc.tuple(fc.integer(), fc.nat({ max: 999_999 })).map(([whole, part]) => `${whole}.${part}`),
  fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n }).map(String),
);

/** JSON as programs write it. */
const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string; object: string }>((tie) => {
  const space = fc.constantFrom("", "", "", "", " ", "\t", "\r", "  ");
  const badEscape = fc.constantFrom("\\x", "\\u12", "\\u12g4", "\\", "\t", "\x01", "\n");
  const escape = fc.constantFrom("\\n", "\\\\", '\\"', "\\/", "\\b", "\\f", "\\r", "\\t", "\\u0041", "\\u00e9", "\\uac00", "\\ud83d\\ude00", "\\ud83d", "\\ude00", "\\ud83d\\ud83d\\ude00", "\\ud83d\\u0041", "\\uD83D\\uDE00", "\\u0000");
  const plain = fc.oneof(fc.string({ unit: fc.constantFrom(..."abc 0.-{}[],:/"), maxLength: 36 }), fc.constantFrom("é", "두레", "😀", "\x7f", "\u2028"), fc.constantFrom(20, 31, 32, 33, 255, 256, 300).map((length) => "s".repeat(length)));
  const string = fc
    .array(fc.oneof({ arbitrary: plain, weight: 100 }, { arbitrary: escape, weight: 40 }, { arbitrary: badEscape, weight: 1 }), { maxLength: 4 })
    .map((parts) => `"${parts.join("")}"`);
  const key = fc.oneof(fc.constantFrom('"time"', '"ts"', '"a"', '"message"', '"t\\u0069me"', '""', '"__proto__"', `"${"k".repeat(40)}"`), string);
  const timeValue = fc.oneof(timeText.map((text) => JSON.stringify(text)), numberText);
  const pair = fc.oneof({ arbitrary: fc.tuple(key, space, space, tie("value")), weight: 8 }, { arbitrary: fc.tuple(fc.constantFrom('"time"', '"ts"'), space, space, timeValue), weight: 1 }).map(([name, before, after, value]) => `${name}${before}:${after}${value}`);
  const joined = (items: fc.Arbitrary<string>, open: string, close: string): fc.Arbitrary<string> =>
    fc.tuple(fc.oneof({ arbitrary: fc.array(items, { maxLength: 5 }), weight: 8 }, { arbitrary: fc.array(items, { minLength: 14, maxLength: 18 }), weight: 1 }), space, space).map(([list, before, after]) => `${open}${before}${list.join(`${before},${after}`)}${after}${close}`);
  return {
    object: joined(pair, "{", "}"),
    value: fc.oneof(
      { maxDepth: 5, depthSize: "small" },
      { arbitrary: fc.oneof(string, goodNumber, fc.constantFrom("true", "false", "null", "0.1", "1.5")), weight: 100 },
      { arbitrary: fc.oneof(numberText, fc.constantFrom("tru", "nul", "True", "undefined", "falze")), weight: 4 },
      { arbitrary: joined(tie("value"), "[", "]"), weight: 20 },
      { arbitrary: tie("object"), weight: 30 },
    ),
  };
}).object;

const deep = fc.constantFrom(62, 63, 64, 65, 70).chain((depth) => fc.constantFrom(`{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`, `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`));
/** Decimals of few letters grow most: these stand at the edge of the room. */
const fewBytes = fc.array(fc.constantFrom("0.1", "0.1", "0.1", "0"), { minLength: 8, maxLength: 24 }).map((items) => `{"v":[${items.join(",")}]}`);

/** A line of JSON: mostly good, sometimes bent. */
export const jsonLine: fc.Arbitrary<Buffer> = fc
  .tuple(fc.oneof({ arbitrary: jsonText, weight: 20 }, { arbitrary: deep, weight: 1 }, { arbitrary: fewBytes, weight: 1 }), rarely(fc.tuple(fc.nat(), fc.oneof(spice, noise))), fc.constantFrom(...Array.from({ length: 12 }, () => "\n"), "\r\n", " \n", "x\n", ",\n", "\n\n"))
  .map(([text, bend, ending]) => {
    const bytes = Buffer.from(text);
    if (bend === null) return Buffer.concat([bytes, Buffer.from(ending)]);
    const at = bend[0] % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), bend[1], bytes.subarray(at + (bend[0] % 2)), Buffer.from(ending)]);
  });

const header = (code: number, width: 1 | 2 | 4, length: number): Buffer => {
  const bytes = Buffer.alloc(1 + width);
  bytes[0] = code;
  bytes.writeUIntBE(length, 1, width);
  return bytes;
};
const payload = fc.oneof(anyBytes.map((bytes) => bytes.subarray(0, 200)), fc.constantFrom(Buffer.alloc(31, "a"), Buffer.alloc(32, "b"), Buffer.alloc(255, '"'), Buffer.alloc(300, "\x01")));
const packedText: fc.Arbitrary<Buffer> = fc.tuple(payload, fc.constantFrom(0xd9, 0xda, 0xdb, 0xc4, 0xc5, 0xc6, 0xa0, 0xa0, 0xa0)).map(([bytes, code]) => {
  if (code === 0xa0) return Buffer.concat([raw(0xa0 | Math.min(bytes.length, 31)), bytes.subarray(0, 31)]);
  const width = code === 0xd9 || code === 0xc4 ? 1 : code === 0xda || code === 0xc5 ? 2 : 4;
  const content = width === 1 ? bytes.subarray(0, 255) : bytes;
  return Buffer.concat([header(code, width, content.length), content]);
});
const packedKey = fc.oneof({ arbitrary: fc.constantFrom(raw(0xa1, 0x61), raw(0xd9, 1, 0x61), raw(0xc4, 1, 0x61)), weight: 2 }, { arbitrary: packedText, weight: 6 });
const float64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(9, 0xcb);
  bytes.writeDoubleBE(value, 1);
  return bytes;
};
const packedFloat = fc.oneof(
  fc.double().map(float64),
  fc.tuple(fc.integer({ min: -(2 ** 45), max: 2 ** 45 }), fc.integer({ min: 0, max: 8 })).map(([units, places]) => float64(units / 10 ** places)),
  fc.constantFrom(0, -0, 1e21, 1e15, 999_999_999_999_999, 123.456, 1e-6, 1e-7, 0.1 + 0.2, 4.35, 2 ** 53, Number.MAX_VALUE, Number.MIN_VALUE, NaN, Infinity, -Infinity).map(float64),
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.concat([raw(0xca), bytes])),
);
const fixedBytes = (code: number, size: number): fc.Arbitrary<Buffer> => fc.oneof(fc.uint8Array({ minLength: size, maxLength: size }), fc.constantFrom(new Uint8Array(size), new Uint8Array(size).fill(0xff), new Uint8Array(size).fill(0x80, 0, 1))).map((bytes) => Buffer.concat([raw(code), bytes]));
const packedInteger = fc.oneof(
  fc.nat({ max: 127 }).map((value) => raw(value)),
  fc.integer({ min: 0xe0, max: 0xff }).map((code) => raw(code)),
  ...[0xcc, 0xcd, 0xce, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3].map((code, index) => fixedBytes(code, 1 << (index & 3))),
);
const packedExtension = fc.oneof(
  ...[1, 2, 4, 8, 16].map((size, index) => fixedBytes(0xd4 + index, size + 1)),
  payload.map((bytes) => Buffer.concat([header(0xc7, 1, Math.min(bytes.length, 255)), raw(5), bytes.subarray(0, 255)])),
  payload.map((bytes) => Buffer.concat([header(0xc8, 2, bytes.length), raw(5), bytes])),
  payload.map((bytes) => Buffer.concat([header(0xc9, 4, bytes.length), raw(5), bytes])),
);

const packed = fc.letrec<{ value: Buffer; map: Buffer }>((tie) => {
  const container = (items: fc.Arbitrary<Buffer>, fix: number, wide: number): fc.Arbitrary<Buffer> =>
    fc.tuple(fc.array(items, { maxLength: 4 }), fc.constantFrom(0, 0, 0, 2, 4)).map(([list, width]) => Buffer.concat([width === 0 ? raw(fix | list.length) : header(width === 2 ? wide : wide + 1, width as 2 | 4, list.length), ...list]));
  const pair = fc.tuple(fc.oneof({ arbitrary: packedKey, weight: 12 }, { arbitrary: tie("value"), weight: 1 }), tie("value")).map((parts) => Buffer.concat(parts));
  return {
    map: container(pair, 0x80, 0xde),
    value: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      { arbitrary: fc.oneof(packedText, packedInteger, packedFloat, packedExtension, fc.constantFrom(raw(0xc0), raw(0xc2), raw(0xc3))), weight: 6 },
      { arbitrary: container(tie("value"), 0x90, 0xdc), weight: 1 },
      { arbitrary: tie("map"), weight: 1 },
    ),
  };
});

const eventTime = fc.tuple(seconds, fc.oneof({ arbitrary: nanoseconds, weight: 9 }, { arbitrary: fc.constant(0xffff_ffff), weight: 1 }), fc.boolean()).map(([whole, nano, isFixed]) => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(whole, 0);
  bytes.writeUInt32BE(nano, 4);
  return Buffer.concat([isFixed ? raw(0xd7, 0) : raw(0xc7, 8, 0), bytes]);
});
const entryTime = fc.oneof({ arbitrary: eventTime, weight: 6 }, { arbitrary: seconds.map((value) => header(0xce, 4, value)), weight: 2 }, { arbitrary: fc.oneof(packedInteger, packedFloat, seconds.chain((whole) => nanoseconds.map((nano) => float64(whole + nano / 1e9)))), weight: 2 });
const deepEntry = fc.constantFrom(62, 63, 64, 65, 100).map((depth) => Buffer.concat([raw(0x92, 1, 0x81, 0xa1, 0x61), Buffer.alloc(depth, 0x91), raw(0xc0)]));

/** `[time, {…}]` with every kind of MessagePack value. */
export const goodEntry: fc.Arbitrary<Buffer> = fc.oneof(
  { arbitrary: fc.tuple(fc.constantFrom(raw(0x92), raw(0x92), raw(0x92), raw(0xdc, 0, 2), raw(0xdd, 0, 0, 0, 2)), fc.oneof({ arbitrary: eventTime, weight: 6 }, { arbitrary: seconds.map((value) => header(0xce, 4, value)), weight: 2 }), packed.map).map((parts) => Buffer.concat(parts)), weight: 20 },
  { arbitrary: deepEntry, weight: 1 },
);

/** The same with doubtful times, bent and cut off. */
export const anyEntry: fc.Arbitrary<Buffer> = fc
  .tuple(fc.oneof({ arbitrary: goodEntry, weight: 4 }, { arbitrary: fc.tuple(fc.constant(raw(0x92)), entryTime, packed.map).map((parts) => Buffer.concat(parts)), weight: 2 }, { arbitrary: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)), weight: 1 }), rarely(fc.tuple(fc.nat(), fc.nat({ max: 255 }))), rarely(fc.nat()))
  .map(([entry, bend, cut]) => {
    const bytes = Buffer.from(entry);
    if (bend !== null && 0 < bytes.length) bytes[bend[0] % bytes.length] = bend[1];
    return cut === null ? bytes : bytes.subarray(0, cut % (bytes.length + 1));
  });
