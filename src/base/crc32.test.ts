import assert from "node:assert/strict";
import { test } from "node:test";
import zlib from "node:zlib";
import fc from "fast-check";
import { crc32, crc32c } from "./crc32.ts";

test("crc32c gives the values of RFC 3720 and can be continued", () => {
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a91_36aa);
  assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8_ab43);
  assert.equal(crc32c(Buffer.from("123456789")), 0xe306_9283);
  const text = Buffer.from("두레: many hands, one team");
  assert.equal(crc32c(text, 9, text.length, crc32c(text, 0, 9)), crc32c(text));
});

test("crc32 agrees with zlib's", () => {
  assert.equal(crc32(Buffer.from("123456789")), 0xcbf4_3926);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => assert.equal(crc32(bytes), zlib.crc32(bytes))));
});
