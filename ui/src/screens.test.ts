import assert from "node:assert/strict";
import { test } from "node:test";
import { screenPaths } from "#edges/http/static-files.ts";
import { screens } from "./screens.ts";

test("screens: the agent answers at the address of each, so that a link to it can be opened", () => {
  const known: readonly string[] = screenPaths;
  assert.deepEqual(screens.map(({ path }) => path).filter((path) => !known.includes(path)), []);
});
