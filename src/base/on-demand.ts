// Parts of Node that take much memory in each thread, loaded where they are used: most pipelines never do.
import type * as Crypto from "node:crypto";
import type * as Zlib from "node:zlib";

/** Some 3 MB. */
export function nodeCrypto(): typeof Crypto {
  return process.getBuiltinModule("node:crypto");
}

/** Some 0.8 MB. */
export function nodeZlib(): typeof Zlib {
  return process.getBuiltinModule("node:zlib");
}
