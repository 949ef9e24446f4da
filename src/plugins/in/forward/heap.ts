// Bytes of frames that are not in chunk memory yet, of all clients together: what is compressed, and entries that came without their length.
// Above the bound one client at a time goes on, and the others wait with what they have; a frame alone is bounded by max_chunk.
import { Turns } from "#base/turns.ts";

/** So much each client may have whatever the others hold. */
const SMALL_BYTES = 64 << 10;

export class Heap {
  readonly #bytesMax: number;
  readonly #turns = new Turns();
  #heldBytes = 0;

  constructor(bytesMax = 32 << 20) {
    this.#bytesMax = bytesMax;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  share(): HeapShare {
    let bytes = 0;
    let endTurn: (() => void) | undefined;
    return {
      grow: async (to) => {
        this.#heldBytes += to - bytes;
        bytes = to;
        if (endTurn === undefined && SMALL_BYTES < bytes && this.#bytesMax < this.#heldBytes) endTurn = await this.#turns.take();
      },
      release: () => {
        this.#heldBytes -= bytes;
        bytes = 0;
        endTurn?.();
        endTurn = undefined;
      },
    };
  }
}

/** What one frame holds. */
export interface HeapShare {
  /** So many bytes are held from now on; resolves when more may be read. */
  grow(bytes: number): Promise<void>;
  release(): void;
}
