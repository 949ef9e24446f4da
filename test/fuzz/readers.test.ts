// Everything that reads bytes from outside, in this process, under hurt messages; DURE_FUZZ_READS of them in all (`npm run soak`).
import { test } from "node:test";
import { Dice } from "./dice.ts";
import { PARSERS, READERS, parseHurt, readHurt } from "./readers.ts";

const reads = Number(process.env["DURE_FUZZ_READS"] ?? 50_000);
const seed = Number(process.env["DURE_FUZZ_SEED"] ?? 20_261_122);
const each = Math.ceil(reads / (PARSERS.length + Object.keys(READERS).length));

for (const name of Object.keys(READERS)) test(`${name}, hurt: read, or refused as it should be`, () => readHurt(name, each, new Dice(seed)));

for (const parser of PARSERS) {
  test(`${parser.name} ${JSON.stringify(parser.options)} of hurt lines: whole JSON, no more records than lines, all memory back`, () => parseHurt(parser, each, new Dice(seed)));
}
