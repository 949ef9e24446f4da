// Fluent Bit's figures, recorded on a 2-core AMD EPYC machine with the same inputs.
// They stand for the peer only where it is not installed, and beside the live contenders of the same table: compare those with their own recorded figures first.
export const FLUENT_BIT_TUNED: Readonly<Record<string, { megabytesPerSecond?: number; p50Ms?: number; p99Ms?: number }>> = {
  w1: { megabytesPerSecond: 701 },
  w2: { megabytesPerSecond: 559 },
  w2d: { megabytesPerSecond: 407 },
  w3: { megabytesPerSecond: 71 },
  w3r: { megabytesPerSecond: 71 },
  w3w: { megabytesPerSecond: 71 },
  w4: { megabytesPerSecond: 147 },
  w5: { p50Ms: 22, p99Ms: 42 },
};
/** The same naive and rsyslog contenders on that machine: how this machine compares with it. */
export const RECORDED_THERE: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  w1: { naive: 409, rsyslog: 139 },
  w2: { naive: 40, rsyslog: 136 },
  w3: { naive: 54 },
  w4: { naive: 43 },
};
/** How many times tuned Fluent Bit we must reach, and aim at (W5: milliseconds at p50 and p99). */
export const BARS: Readonly<Record<string, { must: number; aim: number }>> = {
  w1: { must: 4, aim: 8 },
  w2: { must: 2, aim: 3 },
  w2d: { must: 2.5, aim: 4 },
  w3: { must: 12, aim: 25 },
  w3r: { must: 3, aim: 3 },
  w3w: { must: 3, aim: 3 },
  w4: { must: 5, aim: 8 },
};
