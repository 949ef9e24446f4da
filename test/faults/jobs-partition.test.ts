// A network that is really gone, not only silent: in a namespace of its own no packet passes between the agent's queue and its RabbitMQ. All jobs end when it is back.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { noRabbitMq } from "#test/servers/rabbitmq.ts";
import { ROOT } from "../cli/run-dure.ts";

const noNamespace: string | false =
  process.platform !== "linux" ? "namespaces are a thing of Linux" : process.getuid?.() !== 0 ? "needs root" : spawnSync("unshare", ["-n", "ip", "link", "set", "lo", "up"]).status === 0 ? false : "this container may not make namespaces";

test("RabbitMQ behind a network that goes away and comes back: that it is away is said, and no job is lost", { skip: noRabbitMq || noNamespace, timeout: 240_000 }, async (context) => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn("unshare", ["-n", process.execPath, join(ROOT, "test/faults/jobs-partition-inside.ts")], { stdio: ["ignore", "pipe", "pipe"], env, signal: context.signal });
  let [said, complaints] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
  const code = await new Promise((resolve) => child.once("close", resolve));
  assert.equal(code, 0, complaints);
  const { settled, seen } = JSON.parse(said) as { readonly settled: number; readonly seen: readonly string[] };
  assert.equal(settled, 300);
  assert.ok(seen.includes("away"), seen.join(" "));
  context.diagnostic(said.trim());
});
