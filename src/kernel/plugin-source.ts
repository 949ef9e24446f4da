// What a plugin file of the user's own is made of: itself and what it imports by relative paths, and what that imports. Read from the
// text, not from what was loaded: whether anything has changed is to be known before it is loaded again.
import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export interface PluginSource {
  /** A hash of all of it. */
  readonly code: string;
  /** The file itself first; also those that are imported and not there. */
  readonly files: readonly string[];
}

interface Part {
  readonly hash: string;
  readonly imports: readonly string[];
}

const ABSENT: Part = { hash: "absent", imports: [] };
/** `from "./a.ts"`, `import "./a.ts"`, `import("./a.ts")`. One in a comment counts as well, which only has more looked at. */
const IMPORT = /\b(?:from|import)\s*\(?\s*(["'])(\.{1,2}\/[^"'\n]*)\1/g;
/** These are gone before the file is run. */
const TYPE_IMPORT = /\b(?:import|export)\s+type\b(?!\s*(?:from|[,=]))[^"';]*["'][^"'\n]*["']/g;
const SCRIPT = /\.[cm]?[jt]s$/;
const FILES_MAX = 1000;
/** A file that was written so lately may be written again without a sign of it in its times. */
const SETTLED_MS = 2000;

const known = new Map<string, { readonly facts: string; readonly part: Part }>();

/** A file that cannot be read counts as one that is not there. */
export function sourceOf(file: string): PluginSource {
  const files = new Set([file]);
  const parts: string[] = [];
  for (const each of files) {
    const { hash, imports } = partOf(each);
    parts.push(`${relative(dirname(file), each)} ${hash}`);
    for (const imported of imports) if (files.size < FILES_MAX) files.add(imported);
  }
  return { code: hashOf(parts.join("\n")), files: [...files] };
}

/** Where a module really lies: what its own imports begin from. */
export function realUrl(file: string): URL {
  try {
    return pathToFileURL(realpathSync(file));
  } catch {
    return pathToFileURL(file);
  }
}

function partOf(file: string): Part {
  try {
    const { ino, size, mtimeNs, mtimeMs } = statSync(file, { bigint: true });
    const facts = `${ino} ${size} ${mtimeNs}`;
    const before = known.get(file);
    if (before?.facts === facts) return before.part;
    const bytes = readFileSync(file);
    const part = { hash: hashOf(bytes), imports: SCRIPT.test(file) ? importsIn(bytes.toString(), realUrl(file)) : [] };
    if (SETTLED_MS < Date.now() - Number(mtimeMs)) known.set(file, { facts, part });
    return part;
  } catch {
    return ABSENT;
  }
}

function importsIn(text: string, from: URL): string[] {
  const imports = [...text.replace(TYPE_IMPORT, "").matchAll(IMPORT)].flatMap(([, , specifier = ""]) => fileAt(specifier, from) ?? []);
  return [...new Set(imports)].sort();
}

function fileAt(specifier: string, from: URL): string | undefined {
  try {
    const url = new URL(specifier, from);
    url.search = "";
    url.hash = "";
    return fileURLToPath(url);
  } catch {
    return undefined; // It is no path on this system, and will not be found by the import either.
  }
}

/** The library takes longer to load than most configs to check, so it is loaded with the first plugin file. */
function hashOf(content: string | Buffer): string {
  return process.getBuiltinModule("node:crypto").hash("sha256", content).slice(0, 16);
}
