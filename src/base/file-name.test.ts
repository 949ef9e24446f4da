import assert from "node:assert/strict";
import { test } from "node:test";
import { fileSafeName } from "./file-name.ts";

test("file names: Korean stays, separators go, names never meet", () => {
  assert.equal(fileSafeName("웹로그-1.운영"), "웹로그-1.운영");
  for (const name of ["a/b", "..", "", "nul", "NUL.txt", "a\0b", "a:b", " x", "긴".repeat(100)]) {
    const safe = fileSafeName(name);
    assert.match(safe, /^[^/\\:\0]*~[0-9a-f]{8}$/, name);
    assert.ok(safe.length <= 70);
  }
  assert.notEqual(fileSafeName("a/b"), fileSafeName("a:b"));
});
