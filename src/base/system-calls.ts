// Calls of the system's own library that Node has no words for. Where they cannot be had (Windows; a Node without `node:ffi`), they say so, and who asks does without.
import fs from "node:fs";
import type * as Ffi from "node:ffi";

interface SystemCalls {
  mmap(address: bigint, bytes: bigint, protection: number, flags: number, fd: number, offset: bigint): bigint;
  fcntl(fd: number, command: number, value: number): number;
  dup2(from: number, to: number): number;
  toArrayBuffer: typeof Ffi.toArrayBuffer;
}

const READ_AND_WRITE = 3;
const SHARED = 1;
const PAGE = Buffer.alloc(4 << 10);
const FAILED = 2n ** 64n - 1n;
const F_SETPIPE_SZ = 1031;
const F_DUPFD_CLOEXEC = process.platform === "darwin" ? 67 : 1030;
/** Below are those that programs count on. */
const OWN_FROM = 10;

/**
 * Memory that is a file's, too: what is written into it is in the file at once, whoever is killed. It stays so as long as the program runs. The file is made, or
 * made anew, unless it has that size. Its bytes are written, not left out: a disk that is full says so here, and not by a signal later.
 */
export function mapFile(path: string, bytes: number): Buffer | undefined {
  const calls = systemCalls();
  if (calls === undefined) return undefined;
  const fd = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
  try {
    if (fs.fstatSync(fd).size !== bytes) {
      fs.ftruncateSync(fd, 0);
      // Page by page: what is written in one piece comes into memory in one piece, too, though a byte of it is used.
      for (let at = 0; at < bytes; ) at += fs.writeSync(fd, PAGE, 0, Math.min(PAGE.length, bytes - at), at);
    }
    const address = calls.mmap(0n, BigInt(bytes), READ_AND_WRITE, SHARED, fd, 0n);
    if (address === FAILED) return undefined;
    return Buffer.from(calls.toArrayBuffer(address, bytes, false));
  } finally {
    fs.closeSync(fd);
  }
}

/** Of Linux only. Without effect where the user has more pipes than he may have big ones. */
export function enlargePipe(fd: number, bytes: number): void {
  if (process.platform === "linux") systemCalls()?.fcntl(fd, F_SETPIPE_SZ, bytes);
}

/** What `fd` is, under a number of our own that no child inherits; `fd` itself is from now on what `standIn` is. Where that cannot be done: `fd`, as it was. */
export function takeOver(fd: number, standIn: number): number {
  const calls = systemCalls();
  const own = calls?.fcntl(fd, F_DUPFD_CLOEXEC, OWN_FROM) ?? -1;
  if (calls === undefined || own < 0) return fd;
  calls.dup2(standIn, fd);
  return own;
}

let known: SystemCalls | undefined;
let isLookedFor = false;

function systemCalls(): SystemCalls | undefined {
  if (isLookedFor) return known;
  isLookedFor = true;
  known = process.platform === "linux" || process.platform === "darwin" ? open() : undefined;
  return known;
}

function open(): SystemCalls | undefined {
  const { emitWarning } = process;
  try {
    process.emitWarning = () => {}; // That the module is young is nothing to the agent's user.
    const ffi = process.getBuiltinModule("node:ffi");
    const { functions } = ffi.dlopen(null, {
      mmap: { arguments: ["pointer", "u64", "i32", "i32", "i32", "i64"], return: "pointer" },
      fcntl: { arguments: ["i32", "i32", "i32"], return: "i32" },
      dup2: { arguments: ["i32", "i32"], return: "i32" },
    });
    return { ...(functions as unknown as Omit<SystemCalls, "toArrayBuffer">), toArrayBuffer: ffi.toArrayBuffer };
  } catch {
    return undefined;
  } finally {
    process.emitWarning = emitWarning;
  }
}
