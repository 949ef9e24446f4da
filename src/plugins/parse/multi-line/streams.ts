// The two streams of a container: their lines lie mixed in one file, and an event is of one of them.

export const STREAM_KEY = "stream";
export const STREAMS = ["stdout", "stderr"] as const;
/** Of records that say no stream; what else a field of that name holds tells events apart no more than any other field. */
export const NO_STREAM = "";

const BYTES = STREAMS.map((name) => Buffer.from(name));

export function streamNamed(value: unknown): string {
  return STREAMS.find((name) => name === value) ?? NO_STREAM;
}

export function streamAt(bytes: Buffer, pointer: number, length: number): string {
  const index = BYTES.findIndex((name) => name.length === length && name.every((byte, at) => bytes[pointer + at] === byte));
  return STREAMS[index] ?? NO_STREAM;
}
