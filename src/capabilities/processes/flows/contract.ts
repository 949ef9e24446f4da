// When an event is done, as small state machines without streams or clocks: what is written for an event, and what the lines mean that its consumer prints.
// One for each running child, for what it printed last may decide what the next line means.
import type { AckPlan } from "#kernel/config/process-plan.ts";
import { decoded } from "./line-text.ts";
import type { Encoding } from "./line-text.ts";

/** The event that a consumer has. */
export interface GivenEvent {
  /** The same however often it is given. */
  readonly id: string;
  /** Without its end. */
  readonly line: Buffer;
  /** Counted from 1. */
  readonly attempt: number;
}

/**
 * Of a line on standard output: `result` goes on to those behind; `result-ack` does and settles the event too; `ack` and `nack` are for us alone.
 * Of a line on standard error: `ack` settles the event, `message` is for people, `nothing` belongs to an acknowledgement that was there before.
 */
export type Meaning = { readonly is: "result" | "result-ack" | "ack" | "message" | "nothing" } | { readonly is: "nack"; readonly reason: string };

export interface Contract {
  /** False: an event is done when it was written, and whole chunks of lines may be. */
  readonly isAcked: boolean;
  /** Lines of standard output may say something of an event: they are looked at one by one while there is one. */
  readonly isOnStdout: boolean;
  /** The same of standard error. */
  readonly isOnStderr: boolean;
  /** What is written to standard input for an event, with its end. */
  written(event: GivenEvent): Buffer;
  /** What a line (without its end) means. `event` is undefined when the child has none, or when the one it had is acknowledged already. */
  ofStdout(line: Buffer, event: GivenEvent | undefined): Meaning;
  ofStderr(line: Buffer, event: GivenEvent | undefined): Meaning;
}

export function openContract(type: AckPlan["type"], encoding: Encoding): Contract {
  if (type === "stderr-echo") return stderrEcho();
  if (type === "json") return json(encoding);
  return type === "line" ? { ...NONE, isAcked: true, isOnStdout: true, ofStdout: (_, event) => (event === undefined ? RESULT : { is: "result-ack" }) } : NONE;
}

const RESULT: Meaning = { is: "result" };
const MESSAGE: Meaning = { is: "message" };
const ACK: Meaning = { is: "ack" };
const NOTHING: Meaning = { is: "nothing" };
const NONE: Contract = { isAcked: false, isOnStdout: false, isOnStderr: false, written: (event) => withEnd(event.line), ofStdout: () => RESULT, ofStderr: () => MESSAGE };

/**
 * EventFlow's contract: an empty line, or the line that was sent, on standard error. A program that echoes the line with its end and prints an end of
 * its own (`print(line, file=sys.stderr)` of a line that was not stripped) leaves an empty line behind, which must not stand for the next event. That is
 * believed of a child from the first time on that both came together.
 */
function stderrEcho(): Contract {
  let isEmptyLineLeft = false;
  let isDoubled = false;
  return {
    ...NONE,
    isAcked: true,
    isOnStderr: true,
    ofStderr(line, event) {
      const length = lengthWithoutBlanks(line);
      const isLeft = isEmptyLineLeft && length === 0;
      isEmptyLineLeft = false;
      if (event === undefined) {
        if (isLeft) isDoubled = true;
        return length === 0 ? NOTHING : MESSAGE;
      }
      if (isLeft && isDoubled) return NOTHING;
      if (length === 0) return ACK;
      if (length !== lengthWithoutBlanks(event.line) || line.compare(event.line, 0, length, 0, length) !== 0) return MESSAGE;
      isEmptyLineLeft = true;
      return ACK;
    },
  };
}

/** The child is given `{"id", "event", "attempt"}` and answers `{"ack": id}` or `{"nack": id, "reason"}`. */
function json(encoding: Encoding): Contract {
  return {
    ...NONE,
    isAcked: true,
    isOnStdout: true,
    written: ({ id, line, attempt }) => Buffer.from(`${JSON.stringify({ id, event: decoded(line, encoding), attempt })}\n`),
    ofStdout(line, event) {
      const answer = answerIn(line);
      if (answer === undefined) return RESULT;
      // An answer about another event (it came again elsewhere meanwhile, or the child answers twice) is nothing to those behind.
      if (event === undefined || answer.id !== event.id) return NOTHING;
      return answer.reason === undefined ? ACK : { is: "nack", reason: answer.reason };
    },
  };
}

const ANSWER = /^\s*\{\s*"(?:ack|nack|reason)"\s*:/;
const ANSWER_BYTES_MAX = 64 << 10;

function answerIn(line: Buffer): { readonly id: string; readonly reason?: string } | undefined {
  if (ANSWER_BYTES_MAX < line.length || line.indexOf('ack"') < 0) return undefined;
  const text = line.toString();
  if (!ANSWER.test(text)) return undefined;
  try {
    const { ack, nack, reason } = JSON.parse(text) as Record<string, unknown>;
    if (typeof ack === "string") return { id: ack };
    if (typeof nack === "string") return { id: nack, reason: typeof reason === "string" ? reason : "" };
  } catch {
    // It only looks like an answer: a result like any other.
  }
  return undefined;
}

function withEnd(line: Buffer): Buffer {
  const written = Buffer.allocUnsafe(line.length + 1);
  line.copy(written);
  written[line.length] = 10;
  return written;
}

/** Blanks and a carriage return at the end do not count. */
function lengthWithoutBlanks(line: Buffer): number {
  let length = line.length;
  while (0 < length && (line[length - 1] === 32 || line[length - 1] === 13 || line[length - 1] === 9)) length -= 1;
  return length;
}
