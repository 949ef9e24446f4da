// Programs the emit kernels run: which keys in which order, and how times are written (layout.ts).
import type { Facts } from "./batch.ts";
import type { Column } from "./columns.ts";
import { EMIT_HEAD_WORDS, EMIT_STEP_WORDS, TIME_OUT_WORDS } from "./layout.ts";
import { LINE_KEY } from "./line-key.ts";
import type { Chunk, ChunkPool } from "./memory.ts";
import { strKey } from "./msgpack.ts";

/** How event times appear in JSON. */
export interface TimeStyle {
  /** Name of the field; "" = no time. */
  readonly key: string;
  /** Minutes east of UTC; 0 is written as `Z`. */
  readonly offsetMinutes: number;
  /** Digits of the second. */
  readonly digits: 0 | 3 | 6 | 9;
}

export interface EmitProgram {
  readonly pointer: number;
  /** The key of bare lines as this format writes it. */
  readonly lineKey: number;
  readonly lineKeyLength: number;
  /** What all keys take in one record. */
  readonly literalBytes: number;
}

/** Programs live as long as their pool: there are as many as distinct record shapes. The bound is for plugins that invent columns. */
const PROGRAMS_MAX = 512;
const programs = new WeakMap<ChunkPool, Map<string, EmitProgram & { readonly chunk: Chunk }>>();
/** The one asked for last: the batches of an input mostly have one list of columns. */
let last: { readonly pool: ChunkPool; readonly format: string; readonly columns: readonly Column[]; readonly timeKey: string; readonly program: EmitProgram } | undefined;

/** `timeKey`: the field that JSON output adds for the event time. */
export function emitProgram(pool: ChunkPool, format: "json" | "entries", columns: readonly Column[], timeKey = ""): EmitProgram {
  if (last?.columns === columns && last.pool === pool && last.format === format && last.timeKey === timeKey) return last.program;
  const program = knownProgram(pool, format, columns, timeKey);
  last = { pool, format, columns, timeKey, program };
  return program;
}

/** A pool that is used no more gives its programs back: the memory is the thread's, and goes on without it. */
export function releasePrograms(pool: ChunkPool): void {
  if (last?.pool === pool) last = undefined;
  for (const { chunk } of programs.get(pool)?.values() ?? []) chunk.release();
  programs.delete(pool);
}

function knownProgram(pool: ChunkPool, format: "json" | "entries", columns: readonly Column[], timeKey: string): EmitProgram {
  let known = programs.get(pool);
  if (known === undefined) programs.set(pool, (known = new Map()));
  const timeColumn = timeKey === "" ? -1 : columns.findIndex(({ name }) => name === timeKey);
  let signature = `${format}${timeColumn}`;
  for (const column of columns) signature += `\u0000${column.kind}${column.name}`;
  const found = known.get(signature);
  if (found !== undefined) return found;
  if (known.size === PROGRAMS_MAX) {
    const [oldest, program] = known.entries().next().value ?? [];
    if (oldest !== undefined) known.delete(oldest);
    program?.chunk.release();
  }
  const made = compile(pool, format, columns, timeColumn);
  known.set(signature, made);
  return made;
}

function compile(pool: ChunkPool, format: "json" | "entries", columns: readonly Column[], timeColumn: number): EmitProgram & { readonly chunk: Chunk } {
  const literal = (name: string): Buffer => (format === "json" ? Buffer.from(`${JSON.stringify(name)}:`) : strKey(name));
  const keys = columns.map((column) => literal(column.name));
  const lineKey = literal(LINE_KEY);
  const words = EMIT_HEAD_WORDS + columns.length * EMIT_STEP_WORDS;
  const literalBytes = keys.reduce((sum, key) => sum + key.length, 0);
  // Kernels copy literals in blocks of 16 bytes, so each has that much behind it.
  const chunk = pool.take(words * 4 + literalBytes + lineKey.length + 32);
  const { bytes, words: memory } = pool.memory;
  let text = chunk.pointer + words * 4;
  const put = (key: Buffer): number => {
    bytes.set(key, text);
    text += key.length;
    return text - key.length;
  };
  const head = chunk.pointer >>> 2;
  const lineKeyPointer = put(lineKey);
  memory.set([columns.length, lineKeyPointer, lineKey.length, timeColumn + 1], head);
  columns.forEach((column, index) => {
    const key = keys[index] ?? Buffer.alloc(0);
    memory.set([put(key), key.length, column.kind, index], head + EMIT_HEAD_WORDS + index * EMIT_STEP_WORDS);
  });
  return { pointer: chunk.pointer, lineKey: lineKeyPointer, lineKeyLength: lineKey.length, literalBytes, chunk };
}

/** Writes the time options of one batch; release it after the kernel ran. */
export function timeProgram(pool: ChunkPool, style: TimeStyle, facts: Facts): { readonly pointer: number; readonly literalLength: number; release(): void } {
  const literal = style.key === "" ? Buffer.alloc(0) : Buffer.from(`${JSON.stringify(style.key)}:`);
  const name = Buffer.from(style.key);
  // Kernels copy literals in blocks of 16 bytes, so each has that much behind it.
  const chunk = pool.take(TIME_OUT_WORDS * 4 + literal.length + name.length + 32);
  const text = chunk.pointer + TIME_OUT_WORDS * 4;
  const nameAt = text + literal.length + 16;
  pool.memory.bytes.set(literal, text);
  pool.memory.bytes.set(name, nameAt);
  pool.memory.words.set([text, literal.length, style.offsetMinutes, style.digits, facts.seconds, facts.nanoseconds, nameAt, name.length], chunk.pointer >>> 2);
  return { pointer: chunk.pointer, literalLength: literal.length, release: () => chunk.release() };
}
