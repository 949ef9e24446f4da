// Text in datagrams. Nobody can be made to wait: what finds no room is lost, here or in the system, and counted where it is known.
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { readFile } from "node:fs/promises";
import { isIPv6 } from "node:net";
import type { PluginContext } from "#sdk/plugin.ts";
import { Framer } from "./framer.ts";
import type { FramerParts } from "./framer.ts";
import type { LineCollector } from "./line-collector.ts";
import { cannotListen } from "./listener.ts";

/** Asked for when the config asks for nothing; many systems give less, and that is no news then. */
const BUFFER_BYTES = 4 << 20;
const LOOK_MS = 5000;

export interface DatagramsServing {
  readonly plugin: string;
  readonly host: string;
  readonly port: number;
  readonly bufferBytes: number | undefined;
  /** A datagram is one message, or lines. */
  readonly isMessage: boolean;
  readonly framer: FramerParts;
}

export class Datagrams {
  readonly #context: PluginContext;
  readonly #socket: Socket;
  readonly #framer: Framer;
  readonly #collector: LineCollector;
  readonly #isMessage: boolean;
  #hasSaidFull = false;
  #droppedBySystem = 0;
  #watch: NodeJS.Timeout | undefined;

  private constructor(serving: DatagramsServing, context: PluginContext, socket: Socket) {
    this.#context = context;
    this.#socket = socket;
    this.#framer = new Framer(serving.framer);
    this.#collector = serving.framer.collector;
    this.#isMessage = serving.isMessage;
  }

  static async listen(serving: DatagramsServing, context: PluginContext): Promise<Datagrams> {
    const { plugin, host, port, bufferBytes } = serving;
    const socket = createSocket({ type: isIPv6(host) ? "udp6" : "udp4" });
    const self = new Datagrams(serving, context, socket);
    socket.on("message", (datagram, from) => self.#take(datagram, from.address, from.port));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once("error", reject);
    socket.bind({ address: host, port }, resolve);
    try {
      await promise;
    } catch (error) {
      socket.close();
      throw cannotListen(plugin, host, port, error);
    }
    socket.off("error", reject);
    socket.on("error", (error) => context.log.error("the listening socket failed", { error: error.message }));
    askForBuffer(socket, bufferBytes, context);
    self.#watch = setInterval(() => void self.#countDrops(), LOOK_MS).unref();
    context.log.info("listening", { protocol: "udp", host, port: socket.address().port });
    return self;
  }

  async close(): Promise<void> {
    clearInterval(this.#watch);
    await this.#countDrops();
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  #take(datagram: Buffer, address: string, port: number): void {
    if (!this.#collector.hasRoom) {
      this.#context.count("datagrams_dropped_total");
      if (!this.#hasSaidFull) this.#context.log.warn("datagrams come faster than they can be passed on and are lost; more are only counted", { peer: `${address}:${port}` });
      this.#hasSaidFull = true;
      return;
    }
    this.#framer.peer = `${address}:${port}`;
    if (this.#isMessage) this.#framer.takeMessage(datagram);
    else {
      this.#framer.take(datagram);
      this.#framer.end();
    }
    this.#collector.added();
  }

  async #countDrops(): Promise<void> {
    const { address, port, family } = this.#socket.address();
    const bufferBytes = this.#socket.getRecvBufferSize();
    const dropped = await systemDrops(family === "IPv6" ? "udp6" : "udp", address, port);
    if (dropped <= this.#droppedBySystem) return;
    if (this.#droppedBySystem === 0) this.#context.log.warn("the system dropped datagrams because its receive buffer was full; more are only counted", { dropped, bufferBytes, hint: "Raise receive_buffer, and with it net.core.rmem_max." });
    this.#context.count("datagrams_dropped_by_system_total", dropped - this.#droppedBySystem);
    this.#droppedBySystem = dropped;
  }
}

function askForBuffer(socket: Socket, bufferBytes: number | undefined, { log }: PluginContext): void {
  try {
    socket.setRecvBufferSize(bufferBytes ?? BUFFER_BYTES);
  } catch (error) {
    if (bufferBytes !== undefined) log.warn("the system refused the receive buffer", { bufferBytes, error: error instanceof Error ? error.message : String(error) });
    return;
  }
  const givenBytes = socket.getRecvBufferSize();
  if (bufferBytes !== undefined && givenBytes < bufferBytes) log.warn("the system gives a smaller receive buffer than receive_buffer asks for", { askedBytes: bufferBytes, givenBytes, hint: "Raise net.core.rmem_max." });
}

/** What Linux has dropped of the sockets bound to this port since they were; 0 where nobody tells. */
async function systemDrops(family: "udp" | "udp6", address: string, port: number): Promise<number> {
  let table: string;
  try {
    table = await readFile(`/proc/net/${family}`, "latin1");
  } catch {
    return 0; // Not this system.
  }
  const portText = port.toString(16).toUpperCase().padStart(4, "0");
  // IPv4 stands there as a number in the machine's order; IPv6 addresses are not told apart.
  const host = family === "udp" && new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? address.split(".").toReversed().map((part) => Number(part).toString(16).toUpperCase().padStart(2, "0")).join("") : "[0-9A-F]+";
  const own = new RegExp(`^\\s*\\d+: ${host}:${portText} .* (\\d+)\\s*$`);
  return table.split("\n").reduce((sum, line) => sum + Number(own.exec(line)?.[1] ?? 0), 0);
}
