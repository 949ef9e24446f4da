// What is written together, and what becomes of the others when one of them cannot be written.
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { GroupCommit } from "./group-commit.ts";

test("group commit: one that is at fault is refused alone; where the medium is, it and those behind it wait and are written in their order", async () => {
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE told (word TEXT) STRICT");
  const tell = database.prepare("INSERT INTO told VALUES (?)");
  const troubles: (string | undefined)[] = [];
  const refused: string[] = [];
  let isFull = true;
  const commit = new GroupCommit({ database, beforeCommit: () => () => {}, onUndone: () => {}, isMedium: ({ message }) => message === "full", onTrouble: (error) => troubles.push(error?.message) });
  const all = Promise.withResolvers<void>();
  const words = ["one", "wrong", "two", "three", "four"];
  for (const word of words)
    commit.add({
      run: () => {
        if (word === "wrong") throw new Error("wrong");
        if (word === "three" && isFull) {
          isFull = false;
          throw new Error("full");
        }
        tell.run(word);
      },
      done: () => void (word === "four" && all.resolve()),
      refused: () => void refused.push(word),
    });
  await all.promise;
  assert.deepEqual(database.prepare("SELECT word FROM told").all().map((row) => row["word"]), ["one", "two", "three", "four"]);
  assert.deepEqual(refused, ["wrong"]);
  assert.deepEqual(troubles, ["full", undefined]);
  commit.close();
  database.close();
});
