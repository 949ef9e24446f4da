// Looks for dead memory sooner than V8 would. V8 lets a heap of 10 MB grow to twice its size before it looks through all of it;
// an agent that promises little memory would rather spend 8 ms every few seconds, and only while it is busy.

const LOOK_EVERY_MS = 500;
/** Growth that is worth a look: so many bytes, and so large a share of what was alive, since looking costs by what is alive. */
const GROWTH_BYTES_MIN = 2 << 20;
const GROWTH_SHARE_MIN = 0.25;

/** For the thread that calls it, until that ends. Does nothing unless Node runs with `--expose-gc`, as the launchers do. */
export function collectEarly(): void {
  const collect = globalThis.gc;
  if (collect === undefined) return;
  let aliveBytes = usedBytes();
  const look = (): void => {
    const grownBytes = usedBytes() - aliveBytes;
    // V8 has looked by itself meanwhile.
    if (grownBytes < 0) aliveBytes += grownBytes;
    if (grownBytes < Math.max(GROWTH_BYTES_MIN, aliveBytes * GROWTH_SHARE_MIN)) return;
    collect();
    aliveBytes = usedBytes();
  };
  setInterval(look, LOOK_EVERY_MS).unref();
}

/** Once, when something large is over: what comes next grows into the room of what is dead. */
export function collectNow(): void {
  globalThis.gc?.();
}

function usedBytes(): number {
  return process.memoryUsage().heapUsed; // What node:v8 would load with it takes half a megabyte.
}
