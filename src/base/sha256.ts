// SHA-256 (FIPS 180-4) of short data: names, first bytes of files. Node's own takes 3 MB of memory in each thread that loads it, and is the one
// for megabytes and for secrets.
const BLOCK_BYTES = 64;
const ROUNDS = 64;
/** Of the first primes, the first 32 bits behind the point: of the square roots of eight, of the cube roots of 64. */
const [START, ROUND] = constants();

/** The digest's 32 bytes. A text is taken as UTF-8. */
export function sha256(data: string | Uint8Array): Buffer {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  const padded = Buffer.alloc(Math.ceil((bytes.length + 9) / BLOCK_BYTES) * BLOCK_BYTES);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  padded.writeUIntBE(bytes.length * 8, padded.length - 6, 6);
  const state = Uint32Array.from(START);
  const schedule = new Uint32Array(ROUNDS);
  for (let at = 0; at < padded.length; at += BLOCK_BYTES) {
    for (let word = 0; word < 16; word += 1) schedule[word] = padded.readUInt32BE(at + word * 4);
    mix(state, schedule);
  }
  const digest = Buffer.alloc(32);
  state.forEach((word, index) => digest.writeUInt32BE(word, index * 4));
  return digest;
}

/** One block; names of the variables as in the standard. */
function mix(state: Uint32Array, schedule: Uint32Array): void {
  for (let word = 16; word < ROUNDS; word += 1) {
    const early = schedule[word - 15] ?? 0;
    const late = schedule[word - 2] ?? 0;
    const fromEarly = turned(early, 7) ^ turned(early, 18) ^ (early >>> 3);
    const fromLate = turned(late, 17) ^ turned(late, 19) ^ (late >>> 10);
    schedule[word] = (schedule[word - 16] ?? 0) + fromEarly + (schedule[word - 7] ?? 0) + fromLate;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let round = 0; round < ROUNDS; round += 1) {
    const sumOfE = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
    const choice = (e & f) ^ (~e & g);
    const first = (h + sumOfE + choice + (ROUND[round] ?? 0) + (schedule[round] ?? 0)) | 0;
    const sumOfA = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + sumOfA + majority) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => (state[index] = (state[index] ?? 0) + word));
}

function turned(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function constants(): readonly [Uint32Array, Uint32Array] {
  const primes: number[] = [];
  for (let number = 2; primes.length < ROUNDS; number += 1) if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  const behindPoint = (root: number): number => (root % 1) * 2 ** 32;
  return [Uint32Array.from(primes.slice(0, 8), (prime) => behindPoint(Math.sqrt(prime))), Uint32Array.from(primes, (prime) => behindPoint(Math.cbrt(prime)))];
}
