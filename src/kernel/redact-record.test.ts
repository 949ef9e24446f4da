import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { redactedRecord, secretsPutBack, wholeRecord, withoutSecrets } from "./redact-record.ts";

const SECRET = "S3cr3t-c4nary";
for (const [text, shown] of [
  [`login user=hong password=${SECRET} ip=10.0.0.1`, "login user=hong password=[hidden] ip=10.0.0.1"],
  [`password: ${SECRET}, next`, "password: [hidden], next"],
  [`DB_PASSWORD="${SECRET} with blanks" x`, 'DB_PASSWORD="[hidden]" x'],
  [`{"user":"a","apiKey":"${SECRET}","n":1}`, '{"user":"a","apiKey":"[hidden]","n":1}'],
  [`{\\"token\\":\\"${SECRET}\\"}`, '{\\"token\\":\\"[hidden]\\"}'],
  [`token => '${SECRET}'`, "token => '[hidden]'"],
  [`Authorization: Bearer ${SECRET}`, "Authorization: Bearer [hidden]"],
  [`curl -H "Authorization: Basic ${SECRET}" x`, 'curl -H "Authorization: Basic [hidden]" x'],
  [`sent bearer ${SECRET} to them`, "sent bearer [hidden] to them"],
  [`Cookie: sid=${SECRET}; theme=dark`, "Cookie: [hidden]"],
  [`amqp://guest:${SECRET}@broker/x and http://h/?access_token=${SECRET}&n=1`, "amqp://[hidden]@broker/x and http://h/?access_token=[hidden]&n=1"],
  ["https://ghp0123456789012345678901@github.com/x", "https://[hidden]@github.com/x"],
  [`비밀번호: ${SECRET}`, "비밀번호: [hidden]"],
  ["key AKIAIOSFODNN7EXAMPLE.", "key [hidden]."],
  [`got dure_${"x".repeat(43)}`, "got [hidden]"],
] as const)
  test(`records: \`${text.slice(0, 50)}\` is shown without its secret`, () => {
    assert.equal(withoutSecrets(text), shown);
    assert.equal(withoutSecrets(shown), shown, "again, and nothing changes");
    assert.deepEqual(redactedRecord({ a: [{ message: text }] }), { a: [{ message: shown }] });
    assert.deepEqual(wholeRecord({ a: [{ message: text, password: SECRET }] }), { a: [{ message: text, password: SECRET }] });
  });

for (const text of ["passwords were changed", "token=null; secret: none", "GET /a?b=c HTTP/1.1", "the key is under the mat", "password=${env:PW}", "tokens: 5", "git@github.com:x/y", "a basic question", "주문 처리: 완료"])
  test(`records: \`${text}\` has no secret`, () => assert.equal(withoutSecrets(text), text));

test("records: whatever the text, it comes to an end, and what follows is hidden", () => {
  const piece = fc.constantFrom("password", "=", ":", " ", '"', "\\", "'", "://", "@", "a", "Bearer ", "cookie: ", "1", ";", "토큰", "token", "{", "\n");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const once = withoutSecrets(pieces.join(""));
      assert.equal(typeof withoutSecrets(once), "string");
      const doubled = withoutSecrets(`${pieces.join("")} password=${SECRET}!`);
      assert.ok(!doubled.includes(SECRET));
    }),
    { numRuns: 3000 },
  );
  for (const bad of ["password=", 'token:"', "\\", "://", "a@", "bearer ", "cookie:", "eyJ", "ghp_", "password\\"]) {
    withoutSecrets(bad.repeat(Math.ceil(8192 / bad.length))); // One that did not would hold the test for hours.
  }
});

test("records: a text that comes back edited has its secrets again, and none where it could be read", () => {
  const original = `user=hong password=${SECRET} level=1 token=abc`;
  const shown = withoutSecrets(original);
  assert.equal(secretsPutBack(shown, original), original);
  assert.equal(secretsPutBack(shown.replace("level=1", "level=2"), original), original.replace("level=1", "level=2"));
  for (const trick of ["note [hidden] token=[hidden]", "user=hong password= [hidden]x[hidden]", "[hidden][hidden]", "password=[hidden]", "password=[hidden] token=[hidden] [hidden]"]) {
    const back = secretsPutBack(trick, original);
    assert.ok(back === undefined || withoutSecrets(back) === trick, trick);
    assert.ok(!(trick.startsWith("note") || trick.startsWith("[")) || back === undefined, trick);
  }
});
