// What a failure of the system is told as.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setLang } from "#base/lang.ts";
import { exitCode } from "./exit-codes.ts";
import { explained } from "./failure.ts";

const failure = (facts: Partial<NodeJS.ErrnoException>) => Object.assign(new Error(`${facts.code}: as the system says it`), facts);

test("failures of files: in words, with the path and a next step; others as the system says them", () => {
  const refused = explained(failure({ code: "EACCES", path: "/비밀", syscall: "open" }));
  assert.deepEqual([refused.code, refused.message, refused.errorCode], [exitCode.notPermitted, "/비밀: this user may not (EACCES, open)", "EACCES"]);
  assert.match(refused.hint ?? "", /the user that the files belong to/);
  const other = explained(failure({ code: "ENOSPC", path: "/x", syscall: "write" }));
  assert.deepEqual([other.code, other.message, other.hint], [exitCode.failed, "ENOSPC: as the system says it", undefined]);
  assert.equal(explained(failure({ code: "ENOENT" })).message, "ENOENT: as the system says it", "of no file");
  setLang("ko");
  try {
    assert.equal(explained(failure({ code: "ENOENT", path: "없음", syscall: "open" })).message, "파일이나 폴더가 없습니다: 없음");
  } finally {
    setLang("en");
  }
});
