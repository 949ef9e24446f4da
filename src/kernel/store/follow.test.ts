import assert from "node:assert/strict";
import { test } from "node:test";
import { follow } from "./follow.ts";
import type { Numbered, Past, Ring } from "./follow.ts";

const items = (...ids: number[]): Numbered[] => ids.map((id) => ({ id }));

/** What is kept in memory and in the store, of which none is added. */
function kept(memory: Numbered[], stored: Numbered[]): { readonly ring: Ring<Numbered>; readonly past: Past<Numbered> } {
  const ring: Ring<Numbered> = {
    last: memory.at(-1)?.id ?? 0,
    since: (after) => ({ items: memory.filter(({ id }) => after < id), isWhole: (memory[0]?.id ?? 1) <= after + 1 }),
    subscribe: () => () => {},
  };
  return { ring, past: { page: async (after) => ({ items: stored.filter(({ id }) => after < id), hasMore: false, isWhole: true }), oldest: async () => stored[0]?.id ?? 0 } };
}

test("follow: a reader who is too slow to be told that some are gone is told when he is not, before those that follow", async () => {
  const { ring, past } = kept(items(8, 9), items(6, 7, 8, 9));
  const reader = new AbortController();
  const told: (readonly [number, number] | number)[] = [];
  let refusals = 2;
  await follow(ring, past, {
    after: 2,
    fits: () => true,
    onGap: (after, before) => () => (0 < refusals ? ((refusals -= 1), false) : (told.push([after, before]), true)),
    emit: ({ id }) => {
      told.push(id);
      if (id === 9) reader.abort();
      return true;
    },
    signal: reader.signal,
  });
  assert.deepEqual(told, [[2, 6], 6, 7, 8, 9]);
});
