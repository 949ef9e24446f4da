// What stands in `path` and `exclude`: lists with commas, time codes, globs, Windows and relative paths.
// Patterns are taken apart into a root that is taken literally and segments that may be globs. Names are compared
// in Unicode's composed form (NFC): macOS and archives made on it spell Korean names decomposed.
import { posix } from "node:path";
import { composed } from "#base/text.ts";
import picomatch from "picomatch";

export interface PathRules {
  readonly configDir: string;
  readonly platform: NodeJS.Platform;
}

export interface PathPattern {
  /** As written, without the neighbours of its list. */
  readonly text: string;
  /** An existing place, taken literally: "/", "C:/", "//server/share/" or the config's folder. Ends in "/". */
  readonly root: string;
  readonly segments: readonly string[];
}

/** Splits "a.log, b.log" at commas outside of braces and brackets: a comma in a name is written [,]. */
export function splitList(texts: string | readonly string[]): string[] {
  return [texts].flat().flatMap((text) => {
    const parts: string[] = [""];
    let depth = 0;
    for (const char of text) {
      if (char === "{" || char === "[" || char === "(") depth += 1;
      if (char === "}" || char === "]" || char === ")") depth = Math.max(0, depth - 1);
      if (char === "," && depth === 0) parts.push("");
      else parts[parts.length - 1] += char;
    }
    return parts.map((part) => part.trim()).filter((part) => part !== "");
  });
}

export function parsePattern(text: string, rules: PathRules): PathPattern[] {
  return expandSlashBraces(composed(withForwardSlashes(text, rules.platform))).map((path) => {
    const [, absoluteRoot] = /^([A-Za-z]:\/+|\/\/[^/]+\/[^/]+\/|\/+)/.exec(path) ?? [];
    let root = absoluteRoot ?? `${withForwardSlashes(rules.configDir, rules.platform).replace(/\/+$/, "")}/`;
    if (absoluteRoot !== undefined && !absoluteRoot.startsWith("//")) root = absoluteRoot.replace(/\/+$/, "/");
    const segments: string[] = [];
    for (const segment of path.slice(absoluteRoot?.length ?? 0).split("/")) {
      if (segment === "" || segment === ".") continue;
      if (segment !== "..") segments.push(segment);
      else if (segments.pop() === undefined) root = `${posix.dirname(root).replace(/\/+$/, "")}/`;
    }
    return { text, root, segments };
  });
}

/** Backslashes are separators in a Windows path wherever it is read, and in every path on Windows. */
export function withForwardSlashes(path: string, platform: NodeJS.Platform): string {
  return platform === "win32" || /^[A-Za-z]:[\\/]/.test(path) || path.startsWith("\\\\") ? path.replaceAll("\\", "/") : path;
}

/** `{a/b,c}/d` as `a/b/d` and `c/d`: globs are matched one segment at a time. */
function expandSlashBraces(path: string): string[] {
  const match = /\{([^{}]*\/[^{}]*)\}/.exec(path);
  if (match === null) return [path];
  const [before, after] = [path.slice(0, match.index), path.slice(match.index + match[0].length)];
  return (match[1] ?? "").split(",").flatMap((choice) => expandSlashBraces(before + choice + after));
}

export function isGlob(segment: string): boolean {
  return /[*?[\]{}()!+@]/.test(segment);
}

const matchers = new Map<string, (name: string) => boolean>();
const MATCHERS_MAX = 1000;

/** Whether a name fits a segment. A name that is spelled like the segment fits too: `app[1].log` finds itself. */
export function fitsSegment(segment: string, name: string, platform: NodeJS.Platform): boolean {
  const whole = composed(name);
  if (whole === segment) return true;
  const key = `${platform === "win32"}${segment}`;
  let matcher = matchers.get(key);
  if (matcher === undefined) {
    if (MATCHERS_MAX <= matchers.size) matchers.clear();
    matcher = picomatch(segment, { nocase: platform === "win32" });
    matchers.set(key, matcher);
  }
  return matcher(whole);
}

/** Tests of paths for `exclude`: a glob with a slash is held against the whole path, one without against the name, /…/ is a regular expression. */
export function excluder(texts: string | readonly string[], rules: PathRules): (path: string) => boolean {
  const tests = [texts].flat().flatMap((text): ((path: string) => boolean)[] => {
    const expression = excludeExpression(text);
    if (expression !== undefined) return [(path) => expression.test(path)];
    return splitList(text).map((glob) => {
      const slashed = composed(withForwardSlashes(glob, rules.platform));
      const options = { nocase: rules.platform === "win32", dot: true };
      if (!slashed.includes("/")) {
        const fits = picomatch(slashed, options);
        return (path) => fits(posix.basename(path));
      }
      const fits = parsePattern(glob, rules).map(({ root, segments }) => picomatch(escapeGlob(root) + segments.join("/"), options));
      return (path) => fits.some((fit) => fit(path));
    });
  });
  return (path) => {
    const whole = composed(path);
    return tests.some((test) => test(whole));
  };
}

/** The expression of `/…/` or `/…/i`; undefined for a glob. Throws SyntaxError. */
export function excludeExpression(text: string): RegExp | undefined {
  const [, source, flags] = /^\/(.+)\/([iu]*)$/.exec(text) ?? [];
  return source === undefined ? undefined : new RegExp(source, flags);
}

function escapeGlob(text: string): string {
  return text.replace(/[*?[\]{}()!+@\\]/g, "\\$&");
}
