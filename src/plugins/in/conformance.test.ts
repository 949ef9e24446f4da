// Every built-in input keeps what all inputs promise. One without an arrangement fails.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { Packr } from "msgpackr";
import { inputConformance } from "#sdk/conformance/input.ts";
import type { InputUnderTest, Source } from "#sdk/conformance/input.ts";
import type { InputPlugin } from "#sdk/plugin.ts";
import { builtInPlugins } from "#plugins/all.ts";

const EXEMPT: Readonly<Record<string, string>> = {
  "in.Journald": "needs systemd's journal: journald.test.ts plays its program",
  "in.MySQLTail": "needs a server: mysql-tail.test.ts has one where it is installed",
  "in.Process": "needs an agent with processes: test/pipelines/processes.test.ts runs one",
  "in.ResultLogs": "gives what many lines say as one record: result-logs.test.ts holds it to the same",
  "in.Stdin": "reads the descriptor of its process: stdin.test.ts runs it in processes of its own",
  "in.WindowsEvent": "needs Windows: windows-event.test.ts plays its program",
};

/** A source that holds nothing to be given back. */
const plain = (options: Source["options"], give?: Source["give"]) => async (): Promise<Source> => ({ options, ...(give === undefined ? {} : { give }), async [Symbol.asyncDispose]() {} });

async function overTcp(bytes: Buffer | string, port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  socket.resume();
  await once(socket, "connect");
  socket.end(bytes);
}

const overLines: Source["give"] = (texts, port) => overTcp(`${texts.join("\n")}\n`, port);

const ARRANGED: Readonly<Record<string, Omit<InputUnderTest, "plugin">>> = {
  "in.Counter": { arrange: plain({ number: 25_000 }), makes: 25_000, isResuming: true, textOf: ({ f1 }) => String(f1) },
  "in.Directory": {
    isResuming: true,
    async arrange(dir) {
      mkdirSync(join(dir, "in"));
      let files = 0;
      return plain({ path: "in", stable: "0s", poll: "10ms" }, (texts) => writeFileSync(join(dir, "in", `${(files += 1)}.로그`), texts.join("\n")))();
    },
  },
  "in.Dummy": { arrange: plain({ record: { message: "가" }, count: 2500 }), makes: 2500, isResuming: false },
  "in.Exec": { arrange: plain({ command: [process.execPath, "-e", "for (let n = 0; n < 3000; n += 1) console.log(n)"], restart: "never" }), makes: 3000, isResuming: false },
  "in.FakeData": { arrange: plain({ type: "weblog", seed: 7, count: 9000 }), makes: 9000, isResuming: true },
  "in.FileTail": { isResuming: true, arrange: async (dir) => plain({ path: "a.log", poll: "10ms", refresh: "10ms" }, (texts) => appendFileSync(join(dir, "a.log"), `${texts.join("\n")}\n`))() },
  "in.Forward": {
    isResuming: false,
    arrange: plain({ port: 0 }, (texts, port) => overTcp(new Packr({ useRecords: false, variableMapSize: true }).pack(["tag", texts.map((message) => [1_790_000_000, { message }])]), port)),
  },
  "in.Http": {
    isResuming: false,
    async arrange() {
      const asked: Promise<unknown>[] = [];
      return {
        options: { port: 0, format: "lines" },
        // The answer comes when the lines are written, so it is not waited for here.
        give: (texts, port) => void asked.push(fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: texts.join("\n"), signal: AbortSignal.timeout(60_000) }).catch(() => undefined)),
        async [Symbol.asyncDispose]() {
          await Promise.all(asked);
        },
      };
    },
  },
  "in.Resource": { arrange: plain({ interval: "100ms", parts: ["memory"] }), makes: 3, isResuming: false, textOf: (record) => Object.keys(record).join(" ") },
  "in.Syslog": { isResuming: false, arrange: plain({ host: "127.0.0.1", port: 0, protocols: ["tcp"], framing: "newline" }, overLines) },
  "in.Tcp": { isResuming: false, arrange: plain({ port: 0 }, overLines) },
  "in.Udp": {
    isResuming: false,
    isLossy: true,
    arrange: plain({ port: 0 }, async (texts, port) => {
      const socket = createSocket("udp4");
      await new Promise((resolve) => socket.send(texts.join("\n"), port, "127.0.0.1", resolve));
      socket.close();
    }),
  },
};

for (const [name, { load }] of Object.entries(builtInPlugins)) {
  if (!name.startsWith("in.")) continue;
  const arranged = ARRANGED[name];
  const reason = EXEMPT[name];
  if (arranged !== undefined) inputConformance({ plugin: (await load()) as unknown as InputPlugin, ...arranged });
  else if (reason === undefined) test(`${name} conforms`, () => assert.fail(`${name} has no arrangement: write one in this file`));
}
