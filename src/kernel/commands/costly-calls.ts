// Calls that look through much: a few at a time, and of one user fewer still, so that whoever asks a hundred things at once waits for himself and nobody
// else waits for him. Who is next is whoever's turn it is among the users, not among the calls.
import { CommandFailure, nobodyWaits } from "./failure.ts";

export interface CostlyLimits {
  readonly atOnceMax: number;
  readonly ownAtOnceMax: number;
  readonly ownWaitingMax: number;
}

const USUAL: CostlyLimits = { atOnceMax: 4, ownAtOnceMax: 2, ownWaitingMax: 32 };

interface Lane {
  running: number;
  readonly waiting: (() => void)[];
}

export class CostlyCalls {
  readonly #limits: CostlyLimits;
  /** Of the users who have something going on; the one who was let in last is the last. */
  readonly #lanes = new Map<string, Lane>();
  #running = 0;

  constructor(limits: CostlyLimits = USUAL) {
    this.#limits = limits;
  }

  /** `signal`: the caller has gone; what has not begun then is not begun. */
  async run<Result>(user: string, signal: AbortSignal, work: () => Result | Promise<Result>): Promise<Result> {
    await this.#enter(user, signal);
    try {
      return await work();
    } finally {
      this.#leave(user);
    }
  }

  async #enter(user: string, signal: AbortSignal): Promise<void> {
    const lane = this.#lanes.get(user) ?? { running: 0, waiting: [] };
    this.#lanes.set(user, lane);
    if (this.#running < this.#limits.atOnceMax && lane.running < this.#limits.ownAtOnceMax && lane.waiting.length === 0) {
      this.#begin(user, lane);
      return;
    }
    if (this.#limits.ownWaitingMax <= lane.waiting.length) throw tooMany(lane.waiting.length + lane.running);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const begin = (): void => {
      signal.removeEventListener("abort", giveUp);
      this.#begin(user, lane);
      resolve();
    };
    const giveUp = (): void => {
      lane.waiting.splice(lane.waiting.indexOf(begin), 1);
      this.#forget(user, lane);
      reject(nobodyWaits());
    };
    lane.waiting.push(begin);
    if (signal.aborted) giveUp();
    else signal.addEventListener("abort", giveUp, { once: true });
    return promise;
  }

  #begin(user: string, lane: Lane): void {
    lane.running += 1;
    this.#running += 1;
    this.#lanes.delete(user); // So that it comes last.
    this.#lanes.set(user, lane);
  }

  #leave(user: string): void {
    this.#running -= 1;
    const left = this.#lanes.get(user);
    if (left !== undefined) {
      left.running -= 1;
      this.#forget(user, left);
    }
    const ready = [...this.#lanes.values()].filter(({ running, waiting }) => running < this.#limits.ownAtOnceMax && waiting.length > 0);
    const fewest = Math.min(...ready.map(({ running }) => running));
    ready.find(({ running }) => running === fewest)?.waiting.shift()?.();
  }

  #forget(user: string, { running, waiting }: Lane): void {
    if (running === 0 && waiting.length === 0) this.#lanes.delete(user);
  }
}

function tooMany(many: number): CommandFailure {
  return new CommandFailure("BUSY", {
    message: `${many} searches of yours are under way`,
    hint: "Wait for an answer, then ask again.",
    ko: { message: `검색 ${many}개가 이미 진행 중입니다`, hint: "답을 받은 뒤에 다시 요청하세요." },
  });
}
