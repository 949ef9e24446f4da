// Tells the frames of the forward protocol apart and reads what stands around their entries.
import { ValueWalk } from "#dataplane/forward-entries.ts";
import { CutOff, kindOf, ProtocolError } from "#dataplane/forward-protocol.ts";
import type { Compression, WireReader } from "#dataplane/forward-protocol.ts";

export type Head =
  /** nil: Fluentd's sign of life. */
  | { readonly mode: "heartbeat" }
  /** Entries in one bin (old loggers: str) of `bytes`, which comes next. */
  | { readonly mode: "packed"; readonly tag: string; readonly bytes: number; readonly hasOption: boolean }
  /** Entries as an array, which comes next. */
  | { readonly mode: "forward"; readonly tag: string; readonly hasOption: boolean }
  /** One event: time and record come next. */
  | { readonly mode: "message"; readonly tag: string; readonly hasOption: boolean };

export interface FrameOption {
  /** The MessagePack value to answer with; undefined = no ack is asked for. */
  readonly chunk: Buffer | undefined;
  readonly compressed: Compression | undefined;
}

export const NO_OPTION: FrameOption = { chunk: undefined, compressed: undefined };
const TAG_BYTES_MAX = 4096;

/** Reads up to where the entries begin. */
export function readHead(reader: WireReader): Head {
  if (reader.peek() === 0xc0) {
    reader.at += 1;
    return { mode: "heartbeat" };
  }
  const count = reader.arrayCount("a frame");
  if (count < 2 || 4 < count) throw new ProtocolError(`a frame has ${count} elements; it has 2 to 4`);
  const tag = reader.raw("the tag", TAG_BYTES_MAX).toString("utf8");
  const code = reader.peek();
  const isArray = (0x90 <= code && code <= 0x9f) || code === 0xdc || code === 0xdd;
  if (!isArray && !reader.isText()) {
    if (count < 3) throw new ProtocolError(`a frame of two elements has ${kindOf(code)} where its entries are awaited`);
    return { mode: "message", tag, hasOption: count === 4 };
  }
  if (count === 4) throw new ProtocolError("a frame with several entries has 4 elements; it has 2 or 3");
  if (isArray) return { mode: "forward", tag, hasOption: count === 3 };
  return { mode: "packed", tag, bytes: reader.textLength("the entries"), hasOption: count === 3 };
}

/** The option; what it says besides is passed over. */
export function readOption(reader: WireReader): FrameOption {
  if (reader.peek() === 0xc0) {
    reader.at += 1;
    return NO_OPTION;
  }
  let chunk: Buffer | undefined;
  let compressed: Compression | undefined;
  for (let left = reader.mapCount("the option of a frame"); 0 < left; left -= 1) {
    const key = reader.isText() ? reader.text("a key of the option") : undefined;
    if (key === undefined) skip(reader);
    if (key === "compressed" && reader.isText()) {
      const found = reader.text("the compression");
      if (found !== "gzip" && found !== "zstd" && found !== "text") throw new ProtocolError(`a frame is compressed as ${found.slice(0, 20)}; gzip and zstd are known`);
      compressed = found === "text" ? undefined : found;
      continue;
    }
    const from = reader.at;
    skip(reader);
    if (key === "chunk" && reader.bytes[from] !== 0xc0) chunk = Buffer.from(reader.bytes.subarray(from, reader.at));
  }
  return { chunk, compressed };
}

function skip(reader: WireReader): void {
  WALK.begin(reader.at);
  if (!WALK.walk(reader.bytes, reader.end)) throw CutOff.thrown;
  reader.at = WALK.at;
}
/** Holds nothing between two calls. */
const WALK = new ValueWalk();
