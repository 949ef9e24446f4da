// Every built-in output keeps what all outputs promise. One without an arrangement fails.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { outputConformance } from "#sdk/conformance/output.ts";
import type { OutputUnderTest, Trouble } from "#sdk/conformance/output.ts";
import type { OutputPlugin } from "#sdk/plugin.ts";
import { builtInPlugins } from "#plugins/all.ts";
import { startBulkServer } from "#test/receivers/bulk-server.ts";
import { startForwardReceiver } from "#test/receivers/forward-receiver.ts";
import { startHttpReceiver } from "#test/receivers/http-receiver.ts";
import type { HttpReceiver, Reply } from "#test/receivers/http-receiver.ts";
import { startObjectStore } from "#test/receivers/object-store.ts";
import { streamReceiver } from "#test/receivers/stream-receiver.ts";
import { freePort } from "#test/servers/free-port.ts";

const EXEMPT: Readonly<Record<string, string>> = {
  "out.Amqp": "needs a broker: amqp.test.ts has one where it is installed",
  "out.Exec": "its result is the stream, so it is a transform with a program in the middle: exec.test.ts",
  "out.MySQL": "needs a server: mysql.test.ts has one where it is installed",
  "out.Process": "needs an agent with processes: test/pipelines/processes.test.ts runs one",
  "out.Stdout": "writes to the descriptor that this test reports on: stdout.test.ts runs it in processes of its own",
};

const messageOf = (line: string): string => (line.startsWith("{") ? String((JSON.parse(line) as { message: unknown }).message) : line);
const linesOf = (text: string): string[] => text.split("\n").slice(0, -1).map(messageOf);
const HTTP_TROUBLES: readonly Trouble[] = ["refuses for now", "refuses for good", "is silent"];
const REPLIES: Readonly<Record<Trouble, Reply>> = { "refuses for now": { status: 503 }, "refuses for good": { status: 400 }, "is silent": { fault: "silent" } };

/** The next request is answered so. */
function answering(web: HttpReceiver) {
  return (how: Trouble | "accepts"): void => void web.replies.splice(0, Infinity, ...(how === "accepts" ? [] : [REPLIES[how]]));
}

const ARRANGED: Readonly<Record<string, Omit<OutputUnderTest, "plugin">>> = {
  "out.Elasticsearch": {
    troubles: HTTP_TROUBLES,
    away: async () => ({ url: `http://127.0.0.1:${await freePort()}` }),
    async arrange() {
      const server = await startBulkServer();
      return { options: { url: server.web.url, concurrency: 1 }, texts: () => server.all().map(({ message }) => String(message)), behave: answering(server.web), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
    },
  },
  "out.File": {
    async arrange(dir) {
      const path = join(dir, "로그", "out.log");
      return { options: { path, time_key: "" }, texts: () => (existsSync(path) ? linesOf(readFileSync(path, "utf8")) : []), async [Symbol.asyncDispose]() {} };
    },
  },
  "out.Fluentd": {
    troubles: ["refuses for now", "is silent"],
    away: async () => ({ host: "127.0.0.1", port: await freePort() }),
    async arrange() {
      const receiver = await startForwardReceiver();
      return {
        // What is wrong shows at the next connection.
        options: { host: "127.0.0.1", port: receiver.port, keepalive: false },
        texts: () => receiver.lines(),
        behave: (how) => void (receiver.behaviour = how === "accepts" ? "ack" : how === "is silent" ? "half-open" : "reset"),
        [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
      };
    },
  },
  "out.Http": {
    troubles: HTTP_TROUBLES,
    away: async () => ({ url: `http://127.0.0.1:${await freePort()}` }),
    async arrange() {
      const texts: string[] = [];
      const web = await startHttpReceiver({ otherwise: ({ body }) => (texts.push(...linesOf(body)), {}) });
      return { options: { url: web.url, time_key: "" }, texts: () => texts, behave: answering(web), [Symbol.asyncDispose]: () => web[Symbol.asyncDispose]() };
    },
  },
  "out.Metrics": { arrange: async () => ({ options: { metrics: [{ type: "counter", name: "records_total", labels: { message: "message" } }] }, async [Symbol.asyncDispose]() {} }) },
  "out.Null": { arrange: async () => ({ options: {}, async [Symbol.asyncDispose]() {} }) },
  "out.S3": {
    troubles: HTTP_TROUBLES,
    away: async () => ({ bucket: "logs", endpoint: `http://127.0.0.1:${await freePort()}`, access_key_id: "id", secret_access_key: "secret" }),
    async arrange() {
      const store = await startObjectStore({ secret: "secret", region: "us-east-1" });
      return {
        options: { bucket: "logs", endpoint: store.web.url, access_key_id: "id", secret_access_key: "secret", time_key: "", compress: "none", concurrency: 1 },
        texts: () => [...store.objects.values()].flatMap(({ body }) => linesOf(body)),
        behave: answering(store.web),
        [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
      };
    },
  },
  "out.Syslog": {
    away: async () => ({ host: "127.0.0.1", port: await freePort() }),
    async arrange() {
      const receiver = await streamReceiver();
      return { options: { host: "127.0.0.1", port: receiver.port, format: "raw" }, texts: () => linesOf(receiver.received().toString()), [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose]() };
    },
  },
  "out.Tcp": {
    away: async () => ({ host: "127.0.0.1", port: await freePort() }),
    async arrange() {
      const receiver = await streamReceiver();
      return { options: { host: "127.0.0.1", port: receiver.port, time_key: "" }, texts: () => linesOf(receiver.received().toString()), [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose]() };
    },
  },
};

for (const [name, { load }] of Object.entries(builtInPlugins)) {
  if (!name.startsWith("out.")) continue;
  const arranged = ARRANGED[name];
  const reason = EXEMPT[name];
  if (arranged !== undefined) outputConformance({ plugin: (await load()) as unknown as OutputPlugin, ...arranged });
  else if (reason === undefined) test(`${name} conforms`, () => assert.fail(`${name} has no arrangement: write one in this file`));
}
