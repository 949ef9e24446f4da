// The compiled kernels: ../kernels.ts says what each does, ../kernels-plain holds the same in plain TypeScript.
// Several threads may run instances of this module on one memory: kernels keep no state in it (checksum.ts writes its tables, always the same, when an instance is made).
export { countEscapes, countLines, isAscii, skipLines, wholeLines } from "./checks";
export { crc32c } from "./checksum";
export { decodeDoubleByte } from "./code-pages";
export { fieldsToEntries, fieldsToJson, rowsDone, spanBytes } from "./emit";
export { entriesDone, entriesToJson, entryTable, findValues } from "./entries";
export { jsonToEntries } from "./json";
export { linesToJson, lineTable, packLines } from "./lines";
export { splitFields } from "./split";
export { parseTimes } from "./time-parse";
export { findInvalidUtf8 } from "./utf8";
