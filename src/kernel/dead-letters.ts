// Batches that no output would take, kept for a person to look at and send again: one file a batch, a folder a pipeline.
//
// A file is a line of JSON (when, where, why, how many) and the batch as a frame. It appears whole or not at all, and goes only
// after a replay was accepted. A full folder refuses more, so that its pipeline waits: nothing is dropped to make room.
import { mkdir, open, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { AppError, UsageError, systemCode } from "#base/errors.ts";
import { fileSafeName } from "#base/file-name.ts";
import { nodeCrypto } from "#base/on-demand.ts";
import type { Batch } from "#dataplane/batch.ts";
import { batchOfFrame, frameHead, framedForm, isPayloadWhole, readFrameHead } from "#dataplane/frames.ts";
import type { ChunkPool } from "#dataplane/memory.ts";

const BYTES_MAX = 256 << 20;
const PREVIEW_CHARACTERS_MAX = 300;
/** The JSON line is looked for in so much of a file. */
const ABOUT_BYTES_MAX = 64 << 10;
const SUFFIX = ".letter";
const NEWLINE = 10;
/** A letter lies in no segment. */
const PLACE = { segment: 0, offset: 0 };

interface About {
  readonly pipeline: string;
  /** As logs name it: `3:out.Fluentd`. */
  readonly step: string;
  readonly reason: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly tag: string;
  readonly source?: string | undefined;
  readonly rows: number;
  readonly bytes: number;
  /** The first record, cut to a line. */
  readonly preview: string;
}

export interface Letter extends About {
  /** `<pipeline's folder>/<time>-<number>`: sorts by time within a pipeline. */
  readonly id: string;
  /** What it says cannot be read: the file is damaged. */
  readonly isDamaged: boolean;
}

/** The pipeline's folder holds as much as it may; replay or remove letters to make room. */
export class DeadLettersFull extends AppError {
  override readonly name = "DeadLettersFull";
  readonly code = "DEAD_LETTERS_FULL";
}

export interface DeadLetters {
  /** Keeps the batch, flushed to disk; gives its id. Leaves the batch alone. Throws when it cannot (DeadLettersFull, a full disk): the pipeline has to wait. */
  put(batch: Batch, why: { readonly pipeline: string; readonly step: string; readonly reason: string }): Promise<string>;
  /** All letters, or those of one pipeline, the oldest first; of many the newest `most`, of those that came before the letter `before`. */
  list(pipeline?: string, most?: number, before?: string): Promise<Letter[]>;
  /** How many there are. */
  count(pipeline?: string): Promise<number>;
  /** undefined: there is none. Throws UsageError when that is no id. */
  find(id: string): Promise<Letter | undefined>;
  /** The batch of a letter; release it. Throws UsageError when there is none, or when it is damaged. */
  read(id: string, pool: ChunkPool): Promise<Batch>;
  /** Hands the batch to `accept`, which leaves it alone as an output does, and removes the letter once it resolves. */
  replay(id: string, pool: ChunkPool, accept: (batch: Batch) => Promise<unknown>): Promise<void>;
  /** Puts the batch into the letter's place; when and why it came stay. The letter has the old content or the new, whatever happens. Leaves the batch alone. */
  replace(letter: Letter, batch: Batch): Promise<void>;
  remove(id: string): Promise<void>;
}

/** Dead letters in `dir`, which need not exist yet. `bytesMax` is for each pipeline. */
export function openDeadLetters(dir: string, { bytesMax = BYTES_MAX }: { bytesMax?: number } = {}): DeadLetters {
  /** Bytes in the folders this process writes to; only it adds to them, so they are counted anew just when they seem full. */
  const counted = new Map<string, number>();
  let number = 0;

  return {
    async put(batch, { pipeline, step, reason }) {
      const folder = fileSafeName(pipeline);
      await mkdir(join(dir, folder), { recursive: true });
      const framed = framedOf(batch);
      try {
        const about = aboutBatch(framed, { pipeline, step, reason, at: new Date().toISOString() });
        const parts = partsOf(about, framed);
        const bytes = parts.reduce((sum, part) => sum + part.length, 0);
        await makeSureOfRoom(folder, bytes);
        number += 1;
        const id = `${folder}/${about.at.replaceAll(/[-:.]/g, "")}-${String(number).padStart(4, "0")}${nodeCrypto().randomBytes(2).toString("hex")}`;
        await writeWhole(dir, id, parts);
        counted.set(folder, (counted.get(folder) ?? 0) + bytes);
        return id;
      } finally {
        framed.release();
      }
    },

    async replace({ id, pipeline, step, reason, at }, batch) {
      const framed = framedOf(batch);
      try {
        await writeWhole(dir, id, partsOf(aboutBatch(framed, { pipeline, step, reason, at }), framed));
      } finally {
        framed.release();
      }
    },

    async list(pipeline, most = Number.POSITIVE_INFINITY, before) {
      const all = (await idsOf(pipeline)).sort(inOrder);
      const ids = before === undefined ? all : all.filter((id) => inOrder(id, before) < 0);
      const letters: Letter[] = [];
      for (const id of ids.slice(Math.max(0, ids.length - most))) {
        const letter = await aboutOf(dir, id);
        if (letter !== undefined) letters.push(letter);
      }
      return letters;
    },

    count: async (pipeline) => (await idsOf(pipeline)).length,

    find: (id) => aboutOf(dir, id),

    read,

    async replay(id, pool, accept) {
      const batch = await read(id, pool);
      try {
        await accept(batch);
      } finally {
        batch.release();
      }
      await rm(pathOf(dir, id), { force: true });
    },

    async remove(id) {
      await rm(pathOf(dir, id), { force: true });
    },
  };

  async function idsOf(pipeline: string | undefined): Promise<string[]> {
    const ids: string[] = [];
    for (const folder of pipeline === undefined ? await namesIn(dir) : [fileSafeName(pipeline)]) {
      for (const name of await namesIn(join(dir, folder))) if (name.endsWith(SUFFIX)) ids.push(`${folder}/${name.slice(0, -SUFFIX.length)}`);
    }
    return ids;
  }

  async function read(id: string, pool: ChunkPool): Promise<Batch> {
    const bytes = await readFile(pathOf(dir, id)).catch((error: unknown) => {
      if (systemCode(error) === "ENOENT") throw new UsageError(`there is no dead letter ${id}`, { hint: "See `dure dead-letters list`." });
      throw error;
    });
    const at = bytes.indexOf(NEWLINE) + 1;
    const head = readFrameHead(bytes, at, PLACE);
    if (head !== undefined && at + head.headBytes + head.payloadBytes === bytes.length) {
      const chunk = pool.take(head.payloadBytes);
      bytes.copy(chunk.bytes, 0, at + head.headBytes);
      if (isPayloadWhole(head, pool, chunk.pointer)) return batchOfFrame(head, chunk, 0);
      chunk.release();
    }
    throw new UsageError(`dead letter ${id} is damaged and cannot be sent again: ${pathOf(dir, id)}`, { hint: "Look into the file for what can be saved, then delete it." });
  }

  async function makeSureOfRoom(folder: string, bytes: number): Promise<void> {
    let held = counted.get(folder);
    if (held === undefined || bytesMax < held + bytes) held = await countBytes(join(dir, folder));
    counted.set(folder, held);
    // One that is larger than all that is allowed is kept when it is alone.
    if (bytesMax < held + bytes && 0 < held) throw new DeadLettersFull(`the dead letters of this pipeline are full (${held} of ${bytesMax} bytes)`, { hint: "Look at them with `dure dead-letters list`, then replay or delete them." });
  }
}

function aboutBatch(batch: Batch, why: Pick<About, "pipeline" | "step" | "reason" | "at">): About {
  const { source } = batch.facts;
  return { ...why, tag: batch.tag, ...(source === undefined ? {} : { source }), rows: batch.rows, bytes: batch.length, preview: previewOf(batch) };
}

/** A batch of its own that a frame can hold; the one given stays as it is, whatever happens. */
function framedOf(batch: Batch): Batch {
  batch.retain();
  try {
    return framedForm(batch);
  } catch (error) {
    batch.release();
    throw error;
  }
}

function partsOf(about: About, batch: Batch): Buffer[] {
  return [Buffer.from(`${JSON.stringify(about)}\n`), frameHead(batch, PLACE, false), batch.pool.memory.bytes.subarray(batch.pointer, batch.pointer + batch.length)];
}

async function writeWhole(dir: string, id: string, parts: readonly Buffer[]): Promise<void> {
  const path = pathOf(dir, id);
  const temporary = `${path}.new`;
  try {
    const handle = await open(temporary, "w", 0o600); // Records may hold what nobody else on this machine is to read.
    try {
      await handle.writeFile(parts);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  if (process.platform === "win32") return; // No flushing of folders there.
  const folder = await open(join(path, ".."), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function aboutOf(dir: string, id: string): Promise<Letter | undefined> {
  try {
    const handle = await open(pathOf(dir, id), "r");
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(ABOUT_BYTES_MAX), 0, ABOUT_BYTES_MAX, 0);
      return { ...(JSON.parse(buffer.toString("utf8", 0, buffer.subarray(0, bytesRead).indexOf(NEWLINE))) as About), id, isDamaged: false };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined; // Replayed meanwhile.
    if (!(error instanceof SyntaxError)) throw error;
    return { id, pipeline: id.split("/")[0] ?? "", step: "", reason: "", at: timeOf(id).replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z.*/, "$1-$2-$3T$4:$5:$6.$7Z"), tag: "", rows: 0, bytes: 0, preview: "", isDamaged: true };
  }
}

/** Removes what a crash left half written, and counts the rest. Only the folder's one writer calls it. */
async function countBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await namesIn(folder)) {
    if (name.endsWith(SUFFIX)) bytes += (await stat(join(folder, name)).catch(() => ({ size: 0 }))).size;
    else await rm(join(folder, name), { force: true });
  }
  return bytes;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return [];
    throw error;
  }
}

function previewOf(batch: Batch): string {
  if (batch.rows === 0) return "";
  const text = batch.form === "lines" ? batch.column("message").get(0) : JSON.stringify(batch.record(0), (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
  return [...String(text).slice(0, PREVIEW_CHARACTERS_MAX * 2)].slice(0, PREVIEW_CHARACTERS_MAX).join("");
}

/** The oldest first; of one moment, by the folder. */
function inOrder(one: string, other: string): number {
  const [first, second] = [`${timeOf(one)} ${one}`, `${timeOf(other)} ${other}`];
  return first < second ? -1 : first === second ? 0 : 1;
}

function timeOf(id: string): string {
  return id.slice(id.indexOf("/") + 1);
}

/** An id comes from a person or the network: it names a letter and nothing else. */
function pathOf(dir: string, id: string): string {
  const [folder = "", name = "", ...more] = id.split("/");
  if (0 < more.length || fileSafeName(name) !== name || !/^\d{8}T\d{9}Z-[0-9a-f]{8,}$/.test(name) || !/^[^/\\\0:]+$/.test(folder) || folder.startsWith(".")) throw new UsageError(`${JSON.stringify(id)} is not the id of a dead letter`, { hint: "See `dure dead-letters list`." });
  return join(dir, folder, `${name}${SUFFIX}`);
}
