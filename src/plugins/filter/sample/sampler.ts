// Which records stay of a sample, and what they say of it.
import type { Clock } from "#base/clock.ts";
import type { Transform } from "#sdk/plugin.ts";
import { withMemory } from "#sdk/with-memory.ts";
import { FieldTexts } from "../parts/field-texts.ts";
import { rewriteFields } from "../parts/rewrite-fields.ts";
import { rowKeys } from "../parts/row-key.ts";

export interface SampleSettings {
  readonly rate: number;
  readonly key?: readonly string[] | undefined;
  readonly seed?: number | undefined;
  readonly rateField?: string | undefined;
}

/** Consumes batches. */
export function sampler({ rate, key, seed, rateField }: SampleSettings, clock: Clock): Transform["apply"] {
  const random = seed === undefined ? Math.random : seededRandom(seed);
  return (batch, signal) => {
    let isIn = (_row: number): boolean => random() < rate;
    if (key !== undefined) {
      const keyOf = rowKeys(batch, key);
      const texts = key.map((name) => new FieldTexts(batch, name));
      isIn = (row) => (texts.some((each) => each.text(row) !== undefined) ? placeOf(keyOf(row), seed ?? 0) : random()) < rate;
    }
    const left = batch.filter(isIn);
    if (left === undefined || rateField === undefined) return left;
    // Drawn is drawn: not once more from the beginning.
    return withMemory(() => rewriteFields(left, { nameOf: (name) => (name === rateField ? undefined : name), added: [{ name: rateField, value: () => rate }] }), { batch: left, clock, signal });
  };
}

/** Where a key lies between 0 and 1: FNV-1a, its bits mixed as murmur3 does at its end, for those of FNV alone are not even. */
function placeOf(key: string, seed: number): number {
  let hash = 0x811c_9dc5 ^ seed;
  for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}

/** Numbers from 0 to 1, the same ones for a seed (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
