// Whether inputs of a step changed since it last ended well, by content: a fresh checkout or a switched branch has new times and old bytes.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** All files below these paths (files or folders, missing ones are skipped), in a fixed order. */
export function filesBelow(paths) {
  const found = [];
  for (const path of paths) {
    const kind = statSync(path, { throwIfNoEntry: false });
    if (kind === undefined) continue;
    if (kind.isDirectory()) found.push(...filesBelow(readdirSync(path).sort().map((name) => join(path, name))));
    else found.push(path);
  }
  return found;
}

export function fingerprintOf(files, ...more) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(file).update("\0").update(readFileSync(file)).update("\0");
  return hash.update(JSON.stringify(more)).digest("hex");
}

export function isStamped(stampFile, fingerprint) {
  try {
    return readFileSync(stampFile, "utf8") === fingerprint;
  } catch {
    return false;
  }
}

export function stamp(stampFile, fingerprint) {
  writeFileSync(stampFile, fingerprint);
}
