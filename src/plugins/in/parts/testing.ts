// What the tests of the listening text inputs share: an open input, its ports, and lines read from it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { ChunkMemory } from "#dataplane/memory.ts";
import type { Input, InputPlugin, PluginContext } from "#sdk/plugin.ts";
import { testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";

const MEMORY = new ChunkMemory({ bytesMax: 256 << 20 });
const WITHIN_MS = 60_000;
/** Of a line, in the message of a failure. */
const SHOWN_CHARACTERS = 100;

export interface TextStage extends AsyncDisposable {
  readonly context: TestContext;
  readonly input: Input;
  readonly port: Readonly<Record<"tcp" | "udp" | "tls", number>>;
  readonly sources: (string | undefined)[];
  client(): Promise<Socket>;
  /** Reads until so many lines came; more than that is an error. */
  lines(count: number): Promise<string[]>;
}

export async function textStage(plugin: InputPlugin, options: Record<string, unknown>, given: Partial<PluginContext> & { poolBytes?: number } = {}): Promise<TextStage> {
  const context = await testContext({ pool: MEMORY.pool(given.poolBytes), ...given });
  const input = await plugin.open(plugin.options.parse({ host: "127.0.0.1", port: 0, ...options }), context).catch(async (error: unknown) => {
    await context[Symbol.asyncDispose]();
    throw error;
  });
  const portOf = (protocol: string): number => Number(context.said.find(({ message, fields }) => message === "listening" && fields["protocol"] === protocol)?.fields["port"]);
  const port = { tcp: portOf("tcp"), udp: portOf("udp"), tls: portOf("tls") };
  const sockets: Socket[] = [];
  const sources: (string | undefined)[] = [];
  return {
    context,
    input,
    port,
    sources,
    async client() {
      const socket = connect({ host: "127.0.0.1", port: port.tcp, noDelay: true });
      sockets.push(socket);
      socket.on("error", () => {});
      await once(socket, "connect");
      return socket;
    },
    async lines(count) {
      const lines: string[] = [];
      const soon = AbortSignal.timeout(WITHIN_MS);
      while (lines.length < count) {
        const delivery = await input.read(soon);
        assert(delivery !== undefined, `only ${lines.length} of ${count} lines came: ${JSON.stringify(lines.slice(-3).map(shortened))} ${JSON.stringify(context.said.at(-1))}`);
        const text = delivery.batch.text();
        const held = text.bytes.toString("utf8");
        assert.equal(held.at(-1), "\n");
        lines.push(...held.slice(0, -1).split("\n"));
        sources.push(delivery.batch.facts.source);
        text.release();
        delivery.batch.release();
      }
      assert.equal(lines.length, count);
      return lines;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await input.close();
      assert.equal(context.pool.usedBytes, 0, "every chunk was given back");
      await context[Symbol.asyncDispose]();
    },
  };
}

function shortened(line: string): string {
  return line.length <= SHOWN_CHARACTERS ? line : `${line.slice(0, SHOWN_CHARACTERS)}… (${line.length} characters)`;
}
