// The files of a disk buffer while it is not open: what waits in them, what of it is damaged, and how damage is set aside by hand.
//
// A repair moves nothing, since a frame says where it lies: what is damaged is copied to the quarantine, and then a head of 44 bytes is
// written over its beginning that tells readers to pass over all of it. Cut off anywhere, that leaves damage as it was.
import fs from "node:fs";
import { join } from "node:path";
import { systemCode, toError } from "#base/errors.ts";
import { lockFile } from "#base/lock-file.ts";
import { FRAME_HEAD_BYTES, fillerHead } from "#dataplane/frames.ts";
import type { BufferDamage, BufferFiles, BufferFilesContext, BufferLook, BufferRepair } from "#sdk/plugin.ts";
import { flush, writeAll } from "./file-calls.ts";
import { Quarantine } from "./quarantine.ts";
import { SegmentReader } from "./segment-reader.ts";
import type { Surveyed } from "./segment-reader.ts";
import { UNSETTLED_MAX } from "./segment-writer.ts";
import { Segments, isBefore, placeOf } from "./segments.ts";
import type { Place } from "./segments.ts";

/** Beside a running agent files go while they are looked at; then all is looked at anew. */
const LOOKS_MAX = 5;
const START: Place = { segment: 0, offset: 0 };

type Whole = Extract<Surveyed, { readonly head: object }>;

interface Found {
  readonly whole: readonly Whole[];
  readonly damage: readonly { readonly place: Place; readonly end: Place; readonly told: BufferDamage }[];
}

export function diskFiles(dir: string, bytesMax: number): BufferFiles {
  const quarantine = new Quarantine(join(dir, "quarantine"), bytesMax);

  return {
    dir,

    async look(context, how): Promise<BufferLook> {
      const { whole, damage } = (await findAll(context, how)) ?? { whole: [], damage: [] };
      const [first] = whole;
      // An agent may have emptied a file that it is done with: what it has passed by now is no damage.
      const passed = how.isInUse ? passedIn(context) : START;
      return {
        batches: whole.length,
        records: whole.reduce((sum, { head }) => sum + head.rows, 0),
        bytes: whole.reduce((sum, { place, end }) => sum + end.offset - place.offset, 0),
        ...(first === undefined ? {} : { oldestMs: first.head.facts.seconds * 1000 }),
        damage: damage.filter(({ place }) => !isBefore(place, passed)).map(({ told }) => told),
        quarantine: await quarantine.held(),
      };
    },

    async repair(context): Promise<readonly BufferRepair[]> {
      if (!fs.existsSync(dir)) return [];
      const lock = lockFile(join(dir, "lock"), "the disk buffer");
      try {
        const found = await findAll(context, { isDeep: true, isInUse: false });
        const done: BufferRepair[] = [];
        for (const { place, end, told } of found?.damage ?? []) done.push(told.isUnfinished ? { damage: told } : await setAside(place, end, told));
        return done;
      } finally {
        lock.release();
      }
    },
  };

  async function findAll(context: BufferFilesContext, how: { readonly isDeep: boolean; readonly isInUse: boolean }): Promise<Found | undefined> {
    for (let looks = 1; fs.existsSync(dir); looks += 1) {
      try {
        return await findOnce(context, how);
      } catch (error) {
        if (systemCode(error) !== "ENOENT" || !how.isInUse || looks === LOOKS_MAX) throw error;
      }
    }
    return undefined;
  }

  async function findOnce(context: BufferFilesContext, { isDeep, isInUse }: { readonly isDeep: boolean; readonly isInUse: boolean }): Promise<Found> {
    const { pool, clock, nth } = context;
    const settled = placeOf(context.committed(`buffer-end:${nth}`));
    const start = passedIn(context);
    const segments = new Segments(dir);
    const reader = new SegmentReader({ segments, start, firstOwnSegment: Number.POSITIVE_INFINITY, pool, clock, log: SILENT, quarantine, isClosed: () => true });
    const whole: Whole[] = [];
    const damaged: Exclude<Surveyed, Whole>[] = [];
    let behind = 0;
    try {
      for await (const one of reader.survey(start, isDeep)) {
        const isBehind = settled !== undefined && !isBefore(one.place, settled);
        if (isInUse && (isBehind || settled === undefined)) break; // Being written now, and in any order.
        if (isBehind) behind += 1;
        if (one.head === undefined) damaged.push(one);
        else whole.push(one);
      }
    } finally {
      reader.close();
    }
    // More than can be under way behind the committed end: the positions are older than the buffer, and all of it counts.
    const mayBeUnsettled = behind <= UNSETTLED_MAX;
    const damage = damaged.map(({ place, end, what, isCutOff }) => {
      const isUnfinished = settled === undefined ? isCutOff : !isBefore(place, settled) && (isCutOff || mayBeUnsettled);
      return { place, end, told: { file: segments.path(place.segment), offset: place.offset, bytes: end.offset - place.offset, what, isUnfinished } };
    });
    return { whole, damage };
  }

  async function setAside(place: Place, end: Place, damage: BufferDamage): Promise<BufferRepair> {
    const fd = fs.openSync(damage.file, "r+");
    try {
      const kept = await quarantine.copy(fd, place, end.offset);
      if (FRAME_HEAD_BYTES <= damage.bytes) await writeAll(fd, [fillerHead(place, damage.bytes)], place.offset);
      else fs.ftruncateSync(fd, place.offset); // So little is left only at the end of a file that was cut off.
      await flush(fd);
      return { damage, kept };
    } catch (error) {
      return { damage, problem: toError(error).message };
    } finally {
      fs.closeSync(fd);
    }
  }
}

/** Behind what the outputs have. */
function passedIn({ committed, nth }: BufferFilesContext): Place {
  return placeOf(committed(`buffer:${nth}`)) ?? START;
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
