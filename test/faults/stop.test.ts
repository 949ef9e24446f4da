// A stop while the receiver is away: a disk buffer has everything, also what clients sent a moment ago who cannot send it again.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { folder, until } from "../cli/run-dure.ts";
import { startForwardReceiver } from "../receivers/forward-receiver.ts";
import type { Behaviour } from "../receivers/forward-receiver.ts";
import { freePort } from "../servers/free-port.ts";
import { startAgent } from "./agent.ts";
import { assertAllArrived, distinctOf, numberedLines, numbersOf } from "./numbered.ts";

const WIDTH = 1000;
const faults: readonly (Behaviour | "down")[] = ["down", "half-open", "never-ack"];

for (const fault of faults) {
  for (const [size, bufferBytes] of [
    ["room for all", "100MB"],
    ["no room left", "1MB"],
  ] as const) {
    test(`a stop does not wait for a receiver (${fault}) behind a disk buffer with ${size}, and loses nothing that has room there`, { timeout: 240_000 }, async () => {
      await using dir = folder();
      await using receiver = await startForwardReceiver(fault === "down" ? {} : { behaviour: fault });
      if (fault === "down") await receiver.down();
      const port = await freePort();
      const pipelines = {
        ship: [
          { "in.Tcp": { port } },
          { "buffer.Size": { bytes: "64KB", storage: "disk", max_bytes: bufferBytes } },
          { "out.Fluentd": { host: "127.0.0.1", port: receiver.port } },
        ],
      };
      // Without an end to the drain: the bound of this test is what a stop may take.
      const agent = startAgent(dir, pipelines, { agent: { drain_timeout: "1h" } });
      await agent.logged(/listening/);
      const send = async (from: number, to: number): Promise<void> => {
        const client = connect({ host: "127.0.0.1", port });
        client.on("error", () => {}).resume();
        client.end(numberedLines(from, to, WIDTH));
        if (bufferBytes === "100MB") await once(client, "end"); // All of it was taken.
      };
      await send(0, 3000);
      await (fault === "down" ? agent.logged(/the output refused a batch/) : until(() => 0 < receiver.connections, "a frame is under way"));
      if (bufferBytes === "1MB") await agent.logged(/buffer is full/);
      await send(3000, 9000);
      await agent.stop();
      if (bufferBytes === "1MB") return assert.match(agent.log(), /lines that had arrived were not given on before the end/);

      receiver.behaviour = "ack";
      if (fault === "down") await receiver.up();
      const again = startAgent(dir, pipelines);
      await until(() => distinctOf(numbersOf(receiver.lines())) === 9000, "everything came").catch((error: Error) => Promise.reject(new Error(`${error.message}: ${distinctOf(numbersOf(receiver.lines()))}\n${agent.log()}`)));
      await again.stop();
      assertAllArrived(numbersOf(receiver.lines()), 9000, "the receiver");
    });
  }
}
