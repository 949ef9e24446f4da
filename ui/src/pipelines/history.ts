// The last quarter of an hour of what the pipelines moved, for sparklines and charts: what the agent kept, and then what we see.
import { signal } from "@preact/signals";
import type { ResultOf } from "#edges/all-commands.ts";
import type { Rates } from "./rates.ts";

const KEPT_MS = 15 * 60_000;
/** As the agent's own samples: looks come oftener. */
const EVERY_MS = 1900;

/** Counts of one pipeline a second, each at the time of the same place in `atMs`. */
export interface Track {
  readonly atMs: number[];
  readonly recordsIn: number[];
  readonly recordsOut: number[];
  readonly bytesIn: number[];
}

const tracks = new Map<string, Track>();
/** Grows when there is something new to draw. */
export const historyTurn = signal(0);

export function trackOf(name: string): Track | undefined {
  return tracks.get(name);
}

export function addRates(atMs: number, rates: ReadonlyMap<string, Rates>): void {
  for (const [name, { recordsIn, recordsOut, bytesIn }] of rates) {
    const track = tracks.get(name) ?? emptyTrack();
    tracks.set(name, track);
    if (atMs < (track.atMs.at(-1) ?? -Infinity) + EVERY_MS) continue;
    track.atMs.push(atMs);
    track.recordsIn.push(recordsIn);
    track.recordsOut.push(recordsOut);
    track.bytesIn.push(bytesIn);
    forgetBefore(track, atMs - KEPT_MS);
  }
  for (const name of tracks.keys()) if (!rates.has(name)) tracks.delete(name); // It is not in the config any more.
  historyTurn.value += 1;
}

function addBefore(name: string, older: Track): void {
  const own = tracks.get(name) ?? emptyTrack();
  const first = own.atMs[0] ?? Infinity;
  const end = older.atMs.findIndex((atMs) => first <= atMs);
  const from = <T>(values: readonly T[]): T[] => (end === -1 ? [...values] : values.slice(0, end));
  const joined: Track = { atMs: [...from(older.atMs), ...own.atMs], recordsIn: [...from(older.recordsIn), ...own.recordsIn], recordsOut: [...from(older.recordsOut), ...own.recordsOut], bytesIn: [...from(older.bytesIn), ...own.bytesIn] };
  forgetBefore(joined, (joined.atMs.at(-1) ?? 0) - KEPT_MS);
  tracks.set(name, joined);
  historyTurn.value += 1;
}

export function forgetHistory(): void {
  tracks.clear();
}

/** The sum over all pipelines, on the times of the one that has most of them. */
export function sumTrack(): Track {
  const all = [...tracks.values()];
  const longest = all.reduce<Track | undefined>((best, track) => (best === undefined || best.atMs.length < track.atMs.length ? track : best), undefined);
  if (longest === undefined) return emptyTrack();
  const sum: Track = { atMs: [...longest.atMs], recordsIn: longest.atMs.map(() => 0), recordsOut: longest.atMs.map(() => 0), bytesIn: longest.atMs.map(() => 0) };
  for (const track of all) {
    let at = 0;
    for (const [place, atMs] of sum.atMs.entries()) {
      while (at < track.atMs.length && track.atMs[at]! < atMs) at += 1;
      if (track.atMs[at] !== atMs) continue;
      sum.recordsIn[place]! += track.recordsIn[at]!;
      sum.recordsOut[place]! += track.recordsOut[at]!;
      sum.bytesIn[place]! += track.bytesIn[at]!;
    }
  }
  return sum;
}

function emptyTrack(): Track {
  return { atMs: [], recordsIn: [], recordsOut: [], bytesIn: [] };
}

function forgetBefore({ atMs, ...values }: Track, oldestMs: number): void {
  const kept = atMs.findIndex((at) => oldestMs <= at);
  if (kept <= 0) return;
  for (const each of [atMs, ...Object.values(values)]) each.splice(0, kept);
}

/** Puts what the agent kept before what we see ourselves. */
export function addHistory({ everyMs, atMs, pipelines }: ResultOf<"pipelines.history">): void {
  const seconds = atMs.map((at, index) => (index === 0 ? everyMs : at - atMs[index - 1]!) / 1000);
  const perSecond = (moved: readonly number[]): number[] => moved.map((value, index) => value / Math.max(0.1, seconds[index]!));
  for (const { name, recordsIn, recordsOut, bytesIn } of pipelines) addBefore(name, { atMs: [...atMs], recordsIn: perSecond(recordsIn), recordsOut: perSecond(recordsOut), bytesIn: perSecond(bytesIn) });
}
