import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedWork } from "./shared-work.ts";

test("shared work: who asks meanwhile gets the same, who asks later a new one, also after a failure", async () => {
  const ends: PromiseWithResolvers<number>[] = [];
  const ask = sharedWork(() => {
    const end = Promise.withResolvers<number>();
    ends.push(end);
    return end.promise;
  });
  const [one, other] = [ask(), ask()];
  ends[0]?.resolve(1);
  assert.deepEqual([await one, await other, ends.length], [1, 1, 1]);
  const failing = ask();
  ends[1]?.reject(new Error("no"));
  await assert.rejects(failing, /no/);
  const last = ask();
  ends[2]?.resolve(3);
  assert.equal(await last, 3);
});
