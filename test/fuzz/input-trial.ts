// One listening input of a real agent under hurt messages: it must not crash, hang, grow, keep descriptors or flood its log, and every
// line it writes is whole JSON. After each part of the messages a whole one is sent and has to arrive.
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { folder, until } from "../cli/run-dure.ts";
import { startAgent } from "../faults/agent.ts";
import { selfSigned } from "../receivers/self-signed.ts";
import { freePort } from "../servers/free-port.ts";
import { forwardCorpus, httpCorpus, lineCorpus, syslogDatagramCorpus, syslogStreamCorpus } from "./corpus.ts";
import { Dice } from "./dice.ts";
import { datagramPeer, streamPeer } from "./peers.ts";
import type { Peer } from "./peers.ts";

export const FUZZED_INPUTS = ["tcp", "udp", "syslog", "http", "forward", "forward-key"] as const;
export type FuzzedInput = (typeof FUZZED_INPUTS)[number];

export interface InputTrial {
  readonly input: FuzzedInput;
  readonly messages: number;
  readonly seed: number;
}

export interface InputResult {
  readonly failures: readonly string[];
  readonly detail: string;
}

const WORKERS = 24;
const PARTS = 10;
const ARRIVES_MS = 60_000;
const MEMORY_MIB_MAX = 220;
/** The store is opened a moment after the start: the database, its log and the index of that. */
const STORE_FILES = 3;
const OPEN_FILES_MORE_MAX = 100;
const LOG_BYTES_MAX = 64 << 10;
const KEY = "fuzz-shared-key";
const HTTP_ANSWER = Buffer.from("HTTP/1.1 ");
const ACK = Buffer.from("\x81\xa3ack", "latin1");

interface Arranged {
  readonly steps: readonly unknown[];
  readonly peers: readonly Peer[];
}

const arrangements: Readonly<Record<FuzzedInput, (dir: string) => Promise<Arranged>>> = {
  async tcp() {
    const port = await freePort();
    return { steps: [{ "in.Tcp": { port } }, JSON_OR_NOTHING], peers: [streamPeer({ port, corpus: lineCorpus, burst: 64, isStrict: false })] };
  },
  async udp() {
    const port = await freePort();
    return { steps: [{ "in.Udp": { port } }, JSON_OR_NOTHING], peers: [datagramPeer(port, lineCorpus)] };
  },
  async syslog(dir) {
    const [port, tlsPort] = [await freePort(), await freePort()];
    const signed = await selfSigned(dir);
    const tls = signed === undefined ? {} : { protocols: ["udp", "tcp", "tls"], tls_port: tlsPort, tls: { cert_file: signed.certFile, key_file: signed.keyFile } };
    const stream = { corpus: syslogStreamCorpus, burst: 64, isStrict: false };
    const peers = [streamPeer({ ...stream, port }), datagramPeer(port, syslogDatagramCorpus), ...(signed === undefined ? [] : [streamPeer({ ...stream, port: tlsPort, isTls: true })])];
    return { steps: [{ "in.Syslog": { host: "127.0.0.1", port, ...tls } }, { "parse.Syslog": { unmatched: "drop" } }], peers };
  },
  async http() {
    const port = await freePort();
    return { steps: [{ "in.Http": { port, request_timeout: "2s" } }], peers: [streamPeer({ port, corpus: httpCorpus, burst: 64, isStrict: true, answer: HTTP_ANSWER })] };
  },
  async forward() {
    const port = await freePort();
    return { steps: [{ "in.Forward": { port, stall_timeout: "2s" } }], peers: [streamPeer({ port, corpus: forwardCorpus, burst: 64, isStrict: true, answer: ACK })] };
  },
  async "forward-key"() {
    const port = await freePort();
    return { steps: [{ "in.Forward": { port, stall_timeout: "2s", shared_key: KEY } }], peers: [streamPeer({ port, corpus: forwardCorpus, burst: 64, isStrict: true, answer: ACK, sharedKey: KEY })] };
  },
};
const JSON_OR_NOTHING = { "parse.Json": { unmatched: "drop" } };

export async function inputTrial({ input, messages, seed }: InputTrial): Promise<InputResult> {
  await using dir = folder();
  const { steps, peers } = await arrangements[input](dir.path);
  const out = dir.file("out.ndjson");
  const agent = startAgent(dir, { fuzz: [...steps, { "out.File": { path: out, format: "json" } }] });
  const written = new WrittenLines(out);
  const failures: string[] = [];
  let sent = 0;
  let memoryMiB = 0;
  let openFiles = 0;
  const look = (): void => {
    memoryMiB = Math.max(memoryMiB, agent.memoryMiB() ?? 0);
    openFiles = Math.max(openFiles, agent.openFiles() ?? 0);
  };
  try {
    await until(() => agent.log().split("listening").length - 1 === peers.length, "it listens");
    for (const [index, peer] of peers.entries()) await arrives(peer, written, `first-${index}`);
    const [memoryAtFirst, openAtFirst] = [agent.memoryMiB() ?? 0, agent.openFiles() ?? 0];
    const watch = setInterval(look, 100);
    const startedAt = performance.now();
    try {
      for (let part = 0; part < PARTS; part += 1) {
        const goal = Math.ceil((messages * (part + 1)) / PARTS);
        const workers = Array.from({ length: WORKERS }, async (_, worker) => {
          const dice = new Dice(seed + part * WORKERS + worker);
          for (let turn = worker; sent < goal; turn += 1) {
            const more = await (peers[turn % peers.length] as Peer).burst(dice);
            sent += more;
          }
        });
        await Promise.all(workers);
        for (const [index, peer] of peers.entries()) await arrives(peer, written, `part-${part}-${index}`);
      }
    } finally {
      clearInterval(watch);
      for (const peer of peers) peer.close();
    }
    const seconds = (performance.now() - startedAt) / 1000;
    await until(() => (agent.openFiles() ?? 0) <= openAtFirst + 2 + STORE_FILES, "the agent lets go of the connections").catch(() => failures.push(`${agent.openFiles()} descriptors stay open; ${openAtFirst} were at first`));
    look();
    await agent.stop();
    written.read();
    const log = agent.log();
    if (MEMORY_MIB_MAX < memoryMiB) failures.push(`resident memory reached ${memoryMiB.toFixed(0)} MiB; ${MEMORY_MIB_MAX} are allowed`);
    if (openAtFirst + OPEN_FILES_MORE_MAX < openFiles) failures.push(`${openFiles} descriptors were open at once; ${openAtFirst} were at first`);
    if (LOG_BYTES_MAX < log.length) failures.push(`the log has ${log.length} bytes: ${log.slice(0, 2000)} … ${log.slice(-2000)}`);
    if (/pipeline broke|pipeline failed|panic|Error:|could not be read/.test(log)) failures.push(`the log tells of a break:\n${log.slice(0, 4000)}`);
    failures.push(...written.faults);
    const share = ((written.lines / sent) * 100).toFixed(0);
    const detail = `${Math.round(sent / seconds)} messages a second; ${written.lines} records came of them (${share} for 100); RSS ${memoryAtFirst.toFixed(0)} MiB at first, ${memoryMiB.toFixed(0)} at most; ${openFiles} descriptors at most; ${log.length} bytes of log`;
    return { failures, detail };
  } catch (error) {
    return { failures: [...failures, `${error instanceof Error ? error.message : String(error)}\n${agent.log().slice(0, 3000)}\n…\n${agent.log().slice(-3000)}`], detail: `${sent} messages` };
  }
}

async function arrives(peer: Peer, written: WrittenLines, name: string): Promise<void> {
  const text = `whole-${name}`;
  // A datagram may find no room behind many others: it is sent again.
  let again = 0;
  await until(
    async () => {
      if (again++ % 25 === 0) await peer.valid(text);
      written.read();
      return written.has(text);
    },
    `a whole message comes after hurt ones (${name})`,
    ARRIVES_MS,
  );
}

/** What the agent has written, read as it grows. */
class WrittenLines {
  lines = 0;
  readonly faults: string[] = [];
  readonly #path: string;
  readonly #whole = new Set<string>();
  readonly #buffer = Buffer.alloc(4 << 20);
  #offset = 0;

  constructor(path: string) {
    this.#path = path;
  }

  has(text: string): boolean {
    return this.#whole.has(text);
  }

  read(): void {
    if (!existsSync(this.#path)) return;
    const descriptor = openSync(this.#path, "r");
    try {
      for (;;) {
        const got = readSync(descriptor, this.#buffer, 0, this.#buffer.length, this.#offset);
        // A file that grows may show zeros for a moment where its bytes are about to be. Ones that stay are missed: nothing behind them is read.
        const zero = this.#buffer.subarray(0, got).indexOf(0);
        const end = this.#buffer.subarray(0, zero === -1 ? got : zero).lastIndexOf(10) + 1;
        if (end === 0) return;
        this.#offset += end;
        for (const line of this.#buffer.toString("utf8", 0, end - 1).split("\n")) this.#look(line);
      }
    } finally {
      closeSync(descriptor);
    }
  }

  #look(line: string): void {
    this.lines += 1;
    try {
      const record = JSON.parse(line) as Record<string, unknown>;
      if (typeof record["message"] === "string" && record["message"].startsWith("whole-")) this.#whole.add(record["message"]);
    } catch {
      if (this.faults.length < 5) this.faults.push(`a line that is no JSON was written: ${line.slice(0, 300)}`);
    }
  }
}
