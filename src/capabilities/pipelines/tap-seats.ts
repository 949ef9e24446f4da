// How many taps there may be at a time: each costs the data path a little.
import { CommandFailure } from "#kernel/commands/failure.ts";

/** As many as a person with twenty open tabs needs. */
const CALLER_MAX = 24;
const ALL_MAX = 64;

export class TapSeats {
  readonly #taken = new Map<string, number>();
  #all = 0;

  /** A seat, until it is disposed of. Throws CommandFailure when there is none. */
  take(caller: string): Disposable {
    const own = this.#taken.get(caller) ?? 0;
    if (ALL_MAX <= this.#all || CALLER_MAX <= own) {
      const [most, whose] = CALLER_MAX <= own ? [CALLER_MAX, { en: "you have", ko: "사용자당" }] : [ALL_MAX, { en: "there are", ko: "에이전트당" }];
      throw new CommandFailure("BUSY", { message: `no more taps: ${whose.en} ${most} already`, hint: "Close one of them.", ko: { message: `탭을 더 열 수 없습니다 (${whose.ko} 최대 ${most}개)`, hint: "열려 있는 탭을 닫으세요." } });
    }
    this.#all += 1;
    this.#taken.set(caller, own + 1);
    let isTaken = true;
    return {
      [Symbol.dispose]: () => {
        if (!isTaken) return;
        isTaken = false;
        this.#all -= 1;
        const left = (this.#taken.get(caller) ?? 1) - 1;
        if (left === 0) this.#taken.delete(caller);
        else this.#taken.set(caller, left);
      },
    };
  }
}
