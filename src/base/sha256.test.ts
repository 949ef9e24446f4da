import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { sha256 } from "./sha256.ts";

test("sha256 gives the values of FIPS 180-4, and of text in UTF-8", () => {
  assert.equal(sha256("abc").toString("hex"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert.equal(sha256("").toString("hex"), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assert.deepEqual(sha256("두레"), sha256(Buffer.from("두레")));
});

test("sha256 agrees with Node's own at every length around its blocks, and for any bytes", () => {
  const own = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
  for (let length = 0; length <= 200; length += 1) assert.deepEqual(sha256(Buffer.alloc(length, length)), own(Buffer.alloc(length, length)));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => assert.deepEqual(sha256(bytes), own(bytes))));
});
