// Passwords: what one must be like, and how it is kept: argon2id with its parameters beside it, so that they can be raised later. One
// hash takes 19 MB and some 60 ms of a core; only two are made at a time, and few may wait for their turn.
import { nodeCrypto } from "#base/on-demand.ts";
import { composed } from "#base/text.ts";
import { CommandFailure } from "../commands/failure.ts";

export interface PasswordStrength {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}

export interface PasswordHasher {
  /** What is kept of the password. */
  hash(password: string): Promise<string>;
  /** Takes as long without `kept`, of a user who does not exist. `isStale`: it was kept with other parameters than now. */
  verify(password: string, kept: string | undefined): Promise<{ readonly isRight: boolean; readonly isStale: boolean }>;
}

/** OWASP's least is 19 MiB and two passes; a third costs a login 20 ms and an attacker half as much again. */
const STRENGTH: PasswordStrength = { memoryKiB: 19_456, passes: 3, lanes: 1 };
/** No more is believed of what is kept. */
const MEMORY_KIB_MAX = 262_144;
const PASSES_MAX = 30;
const LANES_MAX = 10;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const AT_ONCE_MAX = 2;
const WAITING_MAX = 32;
const LENGTH_MIN = 10;
const LENGTH_MAX = 256;
const DISTINCT_MIN = 5;
const KNOWN_TO_ALL = new Set(["1234567890", "0123456789", "0987654321", "1q2w3e4r5t", "qwertyuiop", "asdfghjkl;", "password12", "password123", "password1234", "administrator", "changeme123", "letmein123"]);

/** Throws CommandFailure when it is no password for this user. */
export function checkPassword(password: string, name: string): void {
  const characters = [...composed(password)];
  const isName = composed(password).toLowerCase() === name.toLowerCase();
  const isWeak = new Set(characters).size < DISTINCT_MIN || KNOWN_TO_ALL.has(password.toLowerCase());
  if (characters.length < LENGTH_MIN)
    throw refused(`the password is shorter than ${LENGTH_MIN} characters`, `비밀번호는 ${LENGTH_MIN}자 이상이어야 합니다`);
  if (LENGTH_MAX < characters.length) throw refused(`the password is longer than ${LENGTH_MAX} characters`, `비밀번호는 ${LENGTH_MAX}자 이하여야 합니다`);
  if (isName) throw refused("the password is the user's name", "사용자 이름과 같은 비밀번호는 쓸 수 없습니다");
  if (isWeak) throw refused("the password is one that everybody guesses", "너무 쉽게 짐작할 수 있는 비밀번호입니다");
}

export function createPasswordHasher({ strength = STRENGTH, waitingMax = WAITING_MAX }: { strength?: PasswordStrength; waitingMax?: number } = {}): PasswordHasher {
  const inTurn = gate(AT_ONCE_MAX, waitingMax);
  const now = parametersOf(strength);
  return {
    hash: (password) =>
      inTurn(async () => {
        const salt = nodeCrypto().randomBytes(SALT_BYTES);
        return `$argon2id$v=19$${now}$${unpadded(salt)}$${unpadded(await argon2id(password, salt, strength))}`;
      }),
    verify: (password, kept) =>
      inTurn(async () => {
        const parsed = kept === undefined ? undefined : parse(kept);
        const salt = parsed?.salt ?? nodeCrypto().randomBytes(SALT_BYTES);
        const hash = await argon2id(password, salt, parsed?.strength ?? strength);
        const isRight = parsed !== undefined && parsed.hash.length === hash.length && nodeCrypto().timingSafeEqual(parsed.hash, hash);
        return { isRight, isStale: parsed !== undefined && parametersOf(parsed.strength) !== now };
      }),
  };
}

function argon2id(password: string, salt: Uint8Array, { memoryKiB, passes, lanes }: PasswordStrength): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  // Composed: a Korean password typed on a Mac is the same as one typed elsewhere.
  nodeCrypto().argon2("argon2id", { message: composed(password), nonce: salt, memory: memoryKiB, passes, parallelism: lanes, tagLength: HASH_BYTES }, (error, hash) =>
    error === null ? resolve(hash) : reject(error),
  );
  return promise;
}

/** At most so many at once; of those beyond, some wait and the rest are sent away. */
function gate(atOnceMax: number, waitingMax: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < atOnceMax) running += 1;
    else if (waiting.length < waitingMax) await new Promise<void>((resolve) => waiting.push(resolve));
    else
      throw new CommandFailure("BUSY", {
        message: "too many people log in at this moment",
        hint: "Try again in some seconds.",
        ko: { message: "지금 로그인하려는 요청이 너무 많습니다", hint: "몇 초 뒤에 다시 시도하세요." },
      });
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next(); // It takes over this place.
    }
  };
}

/** The text that PHC agreed on: `$argon2id$v=19$m=19456,t=3,p=1$SALT$HASH`. */
function parse(kept: string): { strength: PasswordStrength; salt: Buffer; hash: Buffer } | undefined {
  const [, memory, passes, lanes, salt, hash] = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([\w+/]+)\$([\w+/]+)$/.exec(kept) ?? [];
  if (salt === undefined || hash === undefined) return undefined;
  // Ours take a tenth of it. A restored backup may be another's work: its first login must not take all memory there is.
  if (MEMORY_KIB_MAX < Number(memory) || PASSES_MAX < Number(passes) || LANES_MAX < Number(lanes)) return undefined;
  return { strength: { memoryKiB: Number(memory), passes: Number(passes), lanes: Number(lanes) }, salt: Buffer.from(salt, "base64"), hash: Buffer.from(hash, "base64") };
}

function parametersOf({ memoryKiB, passes, lanes }: PasswordStrength): string {
  return `m=${memoryKiB},t=${passes},p=${lanes}`;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}

function refused(message: string, ko: string): CommandFailure {
  return new CommandFailure("INVALID", { message, hint: "Take a sentence of some words.", ko: { message: ko, hint: "몇 단어로 된 문장을 쓰면 좋습니다." } }, { issues: [{ path: "password", message }] });
}
