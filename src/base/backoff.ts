/** Wait before attempt `failures + 1`: doubles from `firstMs` up to `mostMs`, with ±20 % jitter so that a fleet does not knock in step. */
export function backoffMs(failures: number, { firstMs = 200, mostMs = 30_000, random = Math.random }: { firstMs?: number; mostMs?: number; random?: () => number } = {}): number {
  const plain = Math.min(mostMs, firstMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return Math.round(plain * (0.8 + 0.4 * random()));
}
