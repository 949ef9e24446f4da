// One client of in.Forward, from its first byte to its last. Throws ProtocolError for garbage: whoever called closes the
// connection then, and nothing of the frame it stood in goes on.
import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";
import { systemCode } from "#base/errors.ts";
import { ackMessage, ProtocolError } from "#dataplane/forward-protocol.ts";
import type { Compression } from "#dataplane/forward-protocol.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import { NO_OPTION, readHead, readOption } from "./frame.ts";
import type { FrameOption, Head } from "./frame.ts";
import type { Inbox } from "./inbox.ts";
import { FrameAck } from "./intake.ts";
import type { Intake } from "./intake.ts";
import { PackedParts, releaseParts } from "./parts.ts";
import type { Part } from "./parts.ts";
import type { SeenChunks } from "./seen-chunks.ts";

const decompress = { gzip: promisify(gunzip), zstd: promisify(zstdDecompress) };

export interface Client {
  readonly inbox: Inbox;
  readonly intake: Intake;
  readonly pool: ChunkPool;
  /** undefined: what comes again is taken again. */
  readonly seen: SeenChunks | undefined;
  /** `host:port` of the peer. */
  readonly peer: string;
  readonly nowMs: () => number;
  /** Most bytes of one frame, packed and unpacked. */
  readonly frameBytesMax: number;
  tagOf(tag: string): string;
  /** Notes that this answer is owed; the function given back sends it. */
  owe(answer: Buffer): () => void;
}

/** Reads frames until the peer ends. */
export async function serve(client: Client): Promise<void> {
  const { inbox, intake } = client;
  for (;;) {
    await intake.room();
    if (inbox.unread === 0 && !(await inbox.more())) return;
    inbox.frames += 1;
    const head = await inbox.read(readHead);
    if (head.mode === "heartbeat") continue;
    const { parts, option } = head.mode === "packed" ? await packedFrame(client, head) : await plainFrame(client, head);
    const { chunk } = option;
    if (chunk === undefined) intake.push(client.tagOf(head.tag), client.peer, parts, undefined);
    else takeChunk(client, head.tag, chunk, parts);
  }
}

/** Takes what did not come before, and acks the chunk when all of it is written. */
function takeChunk(client: Client, tag: string, chunk: Buffer, parts: readonly Part[]): void {
  const { seen } = client;
  const send = client.owe(ackMessage(chunk));
  const push = (rest: readonly Part[], ack: FrameAck): void => client.intake.push(client.tagOf(tag), client.peer, rest, ack);
  if (seen === undefined || parts.length === 0) return push(parts, new FrameAck({ parts: parts.length }, send));
  const id = seen.idOf(tag, chunk, parts);
  let isNew = false;
  try {
    isNew = !seen.isRepeat(id, send);
  } finally {
    if (!isNew) releaseParts(parts);
  }
  if (!isNew) return;
  const written = (): void => {
    seen.written(id);
    send();
  };
  const partsWritten = seen.partsWritten(id, parts.length);
  releaseParts(parts.slice(0, partsWritten));
  push(parts.slice(partsWritten), new FrameAck({ parts: parts.length, partsWritten, id }, written));
}

interface Frame {
  readonly parts: Part[];
  readonly option: FrameOption;
}

async function packedFrame(client: Client, { bytes, hasOption }: Head & { mode: "packed" }): Promise<Frame> {
  const { inbox, intake, pool } = client;
  checkSize(bytes, client.frameBytesMax);
  if (0 < bytes && isCompressed(await inbox.peek())) return compressedFrame(client, bytes, hasOption);
  const giveBack = await intake.reserve(bytes);
  const body = new PackedParts(pool, bytes);
  try {
    for (let left = bytes; 0 < left; ) {
      const piece = await inbox.take(left);
      left -= piece.length;
      body.add(piece);
    }
    const option = hasOption ? await inbox.read(readOption) : NO_OPTION;
    if (option.compressed !== undefined) throw new ProtocolError(`the entries are no ${option.compressed}, though the option says so`);
    return { parts: body.finish(nowSeconds(client)), option };
  } finally {
    body.release();
    giveBack();
  }
}

/** An entry is an array; gzip begins with 1f, zstd with 28. */
function isCompressed(first: number): boolean {
  return first === 0x1f || first === 0x28;
}

/** Compressed bytes cannot be cut into parts: they are put together outside chunk memory. */
async function compressedFrame(client: Client, bytes: number, hasOption: boolean): Promise<Frame> {
  const { inbox, intake } = client;
  const share = intake.heap.share();
  try {
    await share.grow(bytes);
    const body = Buffer.allocUnsafeSlow(bytes);
    for (let at = 0; at < bytes; ) at += (await inbox.take(bytes - at)).copy(body, at);
    const option = hasOption ? await inbox.read(readOption) : NO_OPTION;
    if (option.compressed === undefined) throw new ProtocolError("the entries are compressed, or none, and the option does not say so");
    return { parts: await unpacked(client, body, option.compressed), option };
  } finally {
    share.release();
  }
}

async function unpacked({ intake, pool, ...client }: Client, compressed: Buffer, compression: Compression): Promise<Part[]> {
  const endTurn = await intake.unpacking.take();
  try {
    const bytes = await decompressed(compressed, compression, client.frameBytesMax);
    const giveBack = await intake.reserve(bytes.length);
    const body = new PackedParts(pool, bytes.length);
    try {
      body.add(bytes);
      return body.finish(Math.floor(client.nowMs() / 1000));
    } finally {
      body.release();
      giveBack();
    }
  } finally {
    endTurn();
  }
}

async function decompressed(compressed: Buffer, compression: Compression, bytesMax: number): Promise<Buffer> {
  try {
    return await decompress[compression](compressed, { maxOutputLength: bytesMax });
  } catch (error) {
    if (systemCode(error) === "ERR_BUFFER_TOO_LARGE") throw new ProtocolError(`a ${compression} frame unpacks to more than ${bytesMax} bytes (max_chunk)`, { cause: error });
    throw new ProtocolError(`the entries are no ${compression}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** An event of its own and entries in an array are, byte for byte, packed entries too. */
async function plainFrame(client: Client, head: Head & { mode: "message" | "forward" }): Promise<Frame> {
  const { inbox, intake, pool } = client;
  const isEvent = head.mode === "message";
  const share = intake.heap.share();
  let giveBack: (() => void) | undefined;
  let body: PackedParts | undefined;
  try {
    const end = await inbox.valuesEnd(isEvent ? 2 : 1, client.frameBytesMax, share);
    if (LARGE_BYTES < end - inbox.at) giveBack = await intake.reserve(end - inbox.at);
    if (!isEvent) await inbox.read((reader) => reader.arrayCount("the entries"));
    body = new PackedParts(pool, end - inbox.at + (isEvent ? 1 : 0));
    if (isEvent) body.add(PAIR);
    body.add(inbox.bytes.subarray(inbox.at, end));
    inbox.at = end;
    const option = head.hasOption ? await inbox.read(readOption) : NO_OPTION;
    return { parts: body.finish(nowSeconds(client)), option };
  } finally {
    body?.release();
    giveBack?.();
    share.release();
  }
}

/** A smaller frame finds room without asking. */
const LARGE_BYTES = 256 << 10;
/** The head of an array of two. */
const PAIR = Buffer.from([0x92]);

function checkSize(bytes: number, bytesMax: number): void {
  if (bytesMax < bytes) throw new ProtocolError(`a frame of ${bytes} bytes came; ${bytesMax} are allowed (max_chunk)`);
}

function nowSeconds(client: Client): number {
  return Math.floor(client.nowMs() / 1000);
}
