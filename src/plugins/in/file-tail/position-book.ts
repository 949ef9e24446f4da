// Positions of the files met: those committed before the last stop and those delivered since. Files that are gone are
// remembered for a day, so that a compressed copy that turns up late is not taken for a new file.
import type { PluginContext } from "#sdk/plugin.ts";
import type { JsonValue } from "#base/json.ts";
import { KEY_PREFIX, toPosition } from "./position.ts";
import type { Position } from "./position.ts";
import type { TailFile } from "./tail-file.ts";

const KEPT_MS = 86_400_000;
const PAST_MAX = 1000;

export class PositionBook {
  readonly #context: PluginContext;
  readonly #positions = new Map<string, Position>();
  /** Keys of what was committed before the last stop. */
  readonly #committedByPath = new Map<string, string>();
  /** Committed by files that no longer hold that text. */
  readonly #past: Position[] = [];
  /** To go along with the next delivery, whichever it is. */
  #forNext: Record<string, JsonValue> = {};
  #lookedAtMs: number;

  constructor(context: PluginContext) {
    this.#context = context;
    this.#lookedAtMs = context.clock.now();
    for (const key of context.committedKeys(KEY_PREFIX)) {
      const position = toPosition(context.committed(key));
      if (position === undefined) continue;
      this.#positions.set(key, position);
      this.#committedByPath.set(position.path, key);
    }
  }

  entries(): [string, Position][] {
    return [...this.#positions];
  }

  get(key: string): Position | undefined {
    return this.#positions.get(key);
  }

  /** When something of the file was last given out; 0: never. */
  readAtMs(file: TailFile): number {
    return this.#positions.get(file.key)?.at ?? 0;
  }

  /** What was committed under a path before the last stop. */
  committedAt(path: string): Position | undefined {
    const key = this.#committedByPath.get(path);
    return key === undefined ? undefined : this.#positions.get(key);
  }

  newestMs(): number | undefined {
    let newestMs: number | undefined;
    for (const { at } of this.#positions.values()) newestMs = Math.max(newestMs ?? 0, at);
    return newestMs;
  }

  /** Where to go on in a file; also when only the device's number changed, as it may at a restart of the machine. */
  find(key: string, path: string, isSame: (position: Position) => boolean): Position | undefined {
    const position = this.#positions.get(key);
    if (position !== undefined) return position;
    const other = this.#committedByPath.get(path);
    const candidate = other === undefined ? undefined : this.#positions.get(other);
    return candidate !== undefined && other?.endsWith(key.slice(key.lastIndexOf(":"))) === true && isSame(candidate) ? candidate : undefined;
  }

  findByHead(isSame: (position: Position) => boolean): Position | undefined {
    let found: Position | undefined;
    for (const position of [...this.#positions.values(), ...this.#past]) if (isSame(position) && (found === undefined || found.offset < position.offset)) found = position;
    return found;
  }

  remember(key: string, position: Position): void {
    this.#positions.set(key, position);
  }

  keepPast(position: Position): void {
    if (0 < position.fingerprintBytes) this.#past.push(position);
    if (PAST_MAX < this.#past.length) this.#past.shift();
  }

  noteForNext(key: string, position: Position): void {
    this.#positions.set(key, position);
    this.#forNext[key] = position;
  }

  /** Positions to commit with a delivery of the file. */
  forDelivery(file: TailFile, position: Position): Record<string, JsonValue> {
    this.#positions.set(file.key, position);
    const positions = this.#forNext;
    this.#forNext = {};
    positions[file.key] = position;
    if (file.supersedes !== undefined) {
      positions[file.supersedes] = null;
      this.#positions.delete(file.supersedes);
      file.supersedes = undefined;
    }
    return positions;
  }

  /** Forgets, with the next delivery, files gone for a day. */
  forgetOld(files: ReadonlyMap<string, TailFile>): void {
    const nowMs = this.#context.clock.now();
    if (nowMs - this.#lookedAtMs < KEPT_MS / 24) return;
    this.#lookedAtMs = nowMs;
    for (const [key, { at }] of this.#positions) {
      if (files.has(key) || nowMs - at < KEPT_MS) continue;
      this.#positions.delete(key);
      this.#forNext[key] = null;
    }
  }
}
