// One connection of the console: one line at a time, each answered between <begin> and <end> before the next is read.
import { isUtf8 } from "node:buffer";
import type { Socket } from "node:net";
import { say } from "#base/lang.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { isAtLeast } from "#kernel/access/caller.ts";
import type { Caller } from "#kernel/access/caller.ts";
import { answerLine, resultLine } from "./console-line.ts";
import type { ConsoleAnswer } from "./console-line.ts";
import type { ConsoleRoomParts } from "./console-room.ts";
import { LineReader } from "./line-reader.ts";
import type { LongLines, ReadLine } from "./line-reader.ts";
import { reasonOf } from "./old-answers.ts";
import { ConsoleVisitor } from "./console-visitor.ts";

/** What all connections share. */
export interface Shared {
  readonly longLines: LongLines;
  /** What shows much is done for few at a time; the others wait. */
  turn<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Before something is sent: whoever leaves most of it unread goes, when all together leave too much. */
  makeRoom(bytes: number): void;
}

/** A program over HTTP or TLS: pages can have a browser send to any port, and no line of theirs may count. */
const FOREIGN = /^(?:[A-Za-z-]{2,20} \S+ (?:HTTP|RTSP|SIP|ICAP)\/\d|\u0016\u0003)/i;
const GOODBYE_MS = 2000;
const [NO_ECHO, ECHO] = [Buffer.from([255, 251, 1]), Buffer.from([255, 252, 1])];

export async function serveSession(socket: Socket, parts: ConsoleRoomParts, shared: Shared): Promise<void> {
  const { limits, log } = parts;
  const gone = new AbortController();
  socket.once("close", () => gone.abort());
  const visitor = new ConsoleVisitor(parts, socket);
  const known = await visitor.arrive();
  const reader = new LineReader(() => (visitor.isKnown ? limits : { lineBytesMax: limits.strangerLineBytesMax, uploadBytesMax: limits.strangerLineBytesMax }), shared.longLines);
  let isKorean = false;
  let isFirst = true;
  let isBusy = false;
  let end = "\n";
  socket.setTimeout(known ? limits.idleMs : limits.loginMs, () => isBusy || socket.destroy());
  const send = async (lines: readonly string[], { before, after }: { before?: Buffer; after?: Buffer } = {}): Promise<void> => {
    const text = ["<begin>", ...lines, "<end>", ""].join(end);
    const body = isKorean ? await inKorean(text) : Buffer.from(text);
    shared.makeRoom(body.length);
    if (!socket.writable) return;
    await drained(socket, Buffer.concat([before ?? Buffer.alloc(0), body, after ?? Buffer.alloc(0)]), limits.stalledMs);
  };
  /** False: the connection is to be closed. */
  const take = async (read: ReadLine): Promise<boolean> => {
    if ("refused" in read) {
      await send([resultLine({ isDone: false, message: refusalWords(read.refused, limits.uploadBytesMax) })]);
      return false;
    }
    end = read.hasCarriageReturn ? "\r\n" : "\n";
    isKorean ||= !isUtf8(read.bytes);
    const line = isKorean ? await fromKorean(read.bytes) : read.bytes.toString("utf8");
    if (isFirst && FOREIGN.test(line)) {
      log.warn("something that is no console was turned away from the console's port", { address: visitor.address });
      await send([resultLine({ isDone: false, message: say({ en: "this is a console, not a web server", ko: "웹 서버가 아니라 콘솔입니다" }) })]);
      return false;
    }
    isFirst = false;
    if (visitor.isAskedPassword) {
      await send([resultLine(await visitor.password(line))], { before: ECHO });
      if (visitor.isKnown) socket.setTimeout(limits.idleMs);
      return !visitor.isTiresome;
    }
    const login = /^\s*(login|token)\s+(\S.*?)\s*$/.exec(line);
    if (login?.[1] === "login" && login[2] !== "hlp") {
      visitor.askPassword(login[2] ?? "");
      await send([say({ en: "Password:", ko: "비밀번호:" })], { after: NO_ECHO });
      return true;
    }
    if (login?.[1] === "token" && login[2] !== "hlp") {
      await send([resultLine(await visitor.token(login[2] ?? ""))]);
      if (visitor.isKnown) socket.setTimeout(limits.idleMs);
      return !visitor.isTiresome;
    }
    const { lines, then } = await answer(line);
    await send(lines);
    return then === undefined;
  };
  const answer = async (line: string): Promise<ConsoleAnswer> => {
    if (/^\s*(?:q|quit)\s*$/.test(line)) return { lines: ["BYE"], then: "quit" };
    let caller: Caller;
    try {
      caller = await visitor.caller();
      const given = await (/^\s*shw\s/.test(line) ? shared.turn : atOnce)(() => answerLine({ table: parts.table, caller, signal: gone.signal, shutdownCode: parts.shutdownCode?.() }, line));
      if (given.then !== "kill") return given;
      if (!isAtLeast(caller.role, "admin") || caller.scope !== undefined) throw notForYou(caller);
      // Said before it ends, for then nobody is left to say it.
      setImmediate(() => void parts.stopAgent(caller).catch((error: unknown) => log.error("the agent could not be stopped from the console", { error })));
      return given;
    } catch (error) {
      return { lines: [resultLine({ isDone: false, message: reasonOf(error) })] };
    }
  };
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      isBusy = true;
      for (const line of reader.read(chunk)) if (!(await take(line))) return;
      isBusy = false;
    }
    const last = reader.last();
    if (last !== undefined) await take(last);
  } catch {
    // He has gone, or reads nothing: there is nobody to tell.
  } finally {
    reader.forget();
    goodbye(socket);
    await visitor.leave();
  }
}

function atOnce<Result>(work: () => Promise<Result>): Promise<Result> {
  return work();
}

/** What he still sends is thrown away: a socket that is closed over unread bytes takes back what was sent last. */
function goodbye(socket: Socket): void {
  if (!socket.writable) return void socket.destroy();
  const timer = setTimeout(() => socket.destroy(), GOODBYE_MS);
  socket.once("close", () => clearTimeout(timer));
  socket.resume().end();
}

/** Resolves when it has been taken: nobody is sent a second answer before he has read the first. */
function drained(socket: Socket, bytes: Buffer, stalledMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null): void => {
      clearTimeout(timer);
      socket.off("close", closed);
      if (error === undefined || error === null) resolve();
      else reject(error);
    };
    const closed = (): void => done(new Error("closed"));
    const timer = setTimeout(() => socket.destroy(), stalledMs).unref();
    socket.once("close", closed);
    socket.write(bytes, done);
  });
}

function refusalWords(why: "too long" | "no text" | "too many", bytesMax: number): string {
  if (why === "too long") return say({ en: `the line is too long; an upload may have ${Math.floor(bytesMax / 1_048_576)} MB`, ko: `줄이 너무 깁니다. 업로드는 ${Math.floor(bytesMax / 1_048_576)}MB까지 됩니다` });
  if (why === "too many") return say({ en: "too many long lines are coming in at once. Try again in a moment", ko: "긴 줄이 한꺼번에 너무 많이 들어오고 있습니다. 잠시 뒤에 다시 시도하세요" });
  return say({ en: "this is a console: it takes lines of text", ko: "콘솔은 텍스트 줄만 받습니다" });
}

function notForYou({ name, role }: Caller): CommandFailure {
  return new CommandFailure("FORBIDDEN", { message: `stopping the agent needs the role admin; ${name} is ${role}`, ko: { message: `에이전트를 종료하려면 admin 역할이 필요합니다 (지금 역할: ${role})` } });
}

async function inKorean(text: string): Promise<Buffer> {
  const { default: iconv } = await import("iconv-lite");
  return iconv.encode(text, "cp949");
}

async function fromKorean(bytes: Buffer): Promise<string> {
  const { default: iconv } = await import("iconv-lite");
  return iconv.decode(bytes, "cp949");
}

