import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { endOrder, unmet } from "./dependencies.ts";

test("dependencies: the first that is not met is said in words", () => {
  const progress = new Map([
    ["db", { isStarted: true, isHealthy: false, isDone: false }],
    ["prepare", { isStarted: true, isHealthy: false, isDone: true }],
  ]);
  const of = (name: string) => progress.get(name);
  assert.equal(unmet([{ process: "db", until: "started" }, { process: "prepare", until: "done" }], of), undefined);
  assert.equal(unmet([{ process: "prepare", until: "done" }, { process: "db", until: "healthy" }], of), "waits for db to be healthy");
  assert.equal(unmet([{ process: "nobody", until: "started" }], of), "nobody is not there");
});

test("dependencies: nothing ends before all that depend on it have, and everything ends once", () => {
  const graph = fc.array(fc.array(fc.nat({ max: 9 }), { maxLength: 4 }), { maxLength: 10 });
  fc.assert(
    fc.property(graph, (edges) => {
      const nodes = edges.map((on, index) => ({ name: String(index), dependsOn: on.filter((each) => each < index).map(String) })); // No circle.
      const order = endOrder(nodes);
      const turn = new Map(order.flatMap((names, index) => names.map((name) => [name, index] as const)));
      assert.deepEqual([...turn.keys()].toSorted(), nodes.map(({ name }) => name).toSorted());
      for (const { name, dependsOn } of nodes) for (const needed of dependsOn) assert.ok((turn.get(name) ?? 0) < (turn.get(needed) ?? 0));
    }),
  );
});

test("dependencies: what depends on itself in a circle ends all the same", () => {
  assert.deepEqual(endOrder([{ name: "a", dependsOn: ["b"] }, { name: "b", dependsOn: ["a"] }]), [["a", "b"]]);
});
