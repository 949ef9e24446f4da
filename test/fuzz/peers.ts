// Peers that send hurt messages through real sockets, and behave no better: they write in odd pieces, stay silent inside a message, end
// only their half, or break the connection.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { keyDigest, pingMessage, readHelo, readPong } from "#dataplane/forward-handshake.ts";
import { CutOff, WireReader } from "#dataplane/forward-protocol.ts";
import type { Corpus } from "./corpus.ts";
import type { Dice } from "./dice.ts";
import { mutated } from "./mutate.ts";

export interface Peer {
  /** Sends some hurt messages; gives how many. */
  burst(dice: Dice): Promise<number>;
  /** Sends one whole message and leaves in good order. */
  valid(text: string): Promise<void>;
  close(): void;
}

export interface StreamPeer {
  readonly port: number;
  readonly corpus: Corpus;
  readonly isTls?: boolean;
  readonly sharedKey?: string;
  /** Messages on one connection, at most. */
  readonly burst: number;
  /** A reader that loses its place closes: only the last message of a connection may be hurt on the outside. */
  readonly isStrict: boolean;
  /** What an answer looks like: a connection that got so many as it sent messages has nothing more to wait for. */
  readonly answer?: Buffer;
}

/** A peer that hears nothing for so long has asked for nothing that will be answered. */
const QUIET_MS = 150;
const LINGERING_MAX = 32;
const PATIENCE_MS = 60_000;

export function streamPeer(how: StreamPeer): Peer {
  const lingering: Socket[] = [];
  const open = async (): Promise<Socket> => {
    // Addresses of the whole loopback network: closed connections keep their port for a while.
    const where = { host: "127.0.0.1", port: how.port, localAddress: `127.0.0.${2 + Math.floor(Math.random() * 250)}` };
    const socket = how.isTls === true ? connectTls({ ...where, rejectUnauthorized: false }) : connect(process.platform === "linux" ? where : { host: where.host, port: where.port });
    socket.on("error", () => {});
    await Promise.race([once(socket, how.isTls === true ? "secureConnect" : "connect"), once(socket, "close")]);
    return socket;
  };
  return {
    async burst(dice) {
      const socket = await open();
      if (how.sharedKey !== undefined && !(await shakeHands(socket, how.sharedKey, dice.chance(0.1) ? (ping) => mutated(ping, [ping], dice) : undefined))) {
        socket.destroy();
        return 1;
      }
      const count = 1 + dice.below(how.burst);
      const isOutside = (index: number): boolean => (!how.isStrict || index === count - 1) && dice.chance(0.6);
      const bytes = Buffer.concat(Array.from({ length: count }, (_, index) => (isOutside(index) ? how.corpus.outside(dice) : how.corpus.inside(dice))));
      let answers = 0;
      const heard = answersTo(socket, how.answer, (more) => (answers += more) >= count);
      await write(socket, bytes, dice);
      if (dice.chance(0.02) && !socket.destroyed) {
        lingering.push(socket);
        if (LINGERING_MAX < lingering.length) lingering.shift()?.destroy();
        return count;
      }
      if (dice.chance(0.03) && how.isTls !== true) socket.resetAndDestroy();
      else {
        if (how.answer !== undefined) await heard;
        socket.end();
        await closed(socket);
      }
      return count;
    },
    async valid(text) {
      const socket = await open();
      if (how.sharedKey !== undefined) await shakeHands(socket, how.sharedKey);
      const heard = answersTo(socket, how.answer, () => true, PATIENCE_MS);
      socket.write(how.corpus.valid(text));
      if (how.answer !== undefined) await heard;
      socket.end();
      await closed(socket);
    },
    close() {
      for (const socket of lingering.splice(0)) socket.destroy();
    },
  };
}

export function datagramPeer(port: number, corpus: Corpus): Peer {
  const socket = createSocket("udp4");
  const send = (message: Buffer): Promise<void> => new Promise((resolve) => socket.send(message, port, "127.0.0.1", () => resolve()));
  return {
    async burst(dice) {
      const count = 1 + dice.below(32);
      await Promise.all(Array.from({ length: count }, () => send((dice.chance(0.5) ? corpus.inside(dice) : corpus.outside(dice)).subarray(0, 60_000))));
      return count;
    },
    valid: (text) => send(corpus.valid(text)),
    close: () => void socket.close(),
  };
}

/** Resolves when the peer has answered enough, or closed, or is quiet. */
async function answersTo(socket: Socket, answer: Buffer | undefined, isEnough: (more: number) => boolean, quietMs = QUIET_MS): Promise<void> {
  if (answer === undefined) {
    socket.resume();
    return;
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, quietMs);
  socket.on("data", (bytes: Buffer) => {
    timer.refresh();
    let more = 0;
    for (let at = bytes.indexOf(answer); at !== -1; at = bytes.indexOf(answer, at + answer.length)) more += 1;
    if (0 < more && isEnough(more)) resolve();
  });
  socket.once("close", () => resolve());
  await promise;
  clearTimeout(timer);
}

async function write(socket: Socket, bytes: Buffer, dice: Dice): Promise<void> {
  for (let at = 0; at < bytes.length && socket.writable; ) {
    const end = dice.chance(0.5) ? bytes.length : at + 1 + dice.below(bytes.length - at);
    if (!socket.write(bytes.subarray(at, end))) await Promise.race([once(socket, "drain"), closed(socket)]).catch(() => {});
    else if (end < bytes.length) await new Promise((resolve) => setImmediate(resolve));
    at = end;
  }
}

async function closed(socket: Socket): Promise<void> {
  if (socket.closed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    socket.destroy();
    resolve();
  }, PATIENCE_MS);
  socket.once("close", () => resolve());
  await promise;
  clearTimeout(timer);
}

/** The client's side of the handshake; false when the server let nobody in. */
async function shakeHands(socket: Socket, sharedKey: string, hurt?: (ping: Buffer) => Buffer): Promise<boolean> {
  const salt = Buffer.from("0123456789abcdef");
  const hostname = "fuzz";
  const helo = await read(socket, readHelo, PATIENCE_MS);
  if (helo === undefined) return false;
  const ping = pingMessage({ hostname, salt, digest: keyDigest({ salt, hostname, nonce: helo.nonce, sharedKey }), username: "", passwordDigest: "" });
  socket.write(hurt === undefined ? ping : hurt(ping));
  const pong = await read(socket, readPong, hurt === undefined ? PATIENCE_MS : QUIET_MS * 4);
  return pong?.isAccepted === true;
}

async function read<T>(socket: Socket, parse: (reader: WireReader) => T, patienceMs: number): Promise<T | undefined> {
  let held = Buffer.alloc(0);
  const { promise, resolve } = Promise.withResolvers<T | undefined>();
  const take = (bytes: Buffer): void => {
    held = Buffer.concat([held, bytes]);
    try {
      resolve(parse(new WireReader(held)));
    } catch (error) {
      if (error !== CutOff.thrown) resolve(undefined);
    }
  };
  const gone = (): void => resolve(undefined);
  const timer = setTimeout(gone, patienceMs);
  socket.on("data", take).once("close", gone);
  const value = await promise;
  clearTimeout(timer);
  socket.off("data", take).off("close", gone);
  return value;
}
