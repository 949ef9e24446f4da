// The layer check: who may import whom in src/. Imports point down (main, daemon and daemon/, edges, capabilities, kernel, sdk, dataplane, base);
// plugins see sdk, dataplane and base; capabilities never each other; concrete plugins are named by plugins/all.ts, daemon.ts and daemon/ only.
// A file changes layer on its import line (`#kernel/…`), never by `../`. No module waits for itself: there is no circle of imports,
// but for types, which are gone when the code runs, and for what is loaded later.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./project.mjs";
import { filesBelow } from "./setup/fingerprint.mjs";

/** From below. A layer may import itself and what stands before it; plugins stand aside. */
const LAYERS = ["base", "dataplane", "sdk", "kernel", "capabilities", "edges", "top"];
const SEEN_BY_PLUGINS = ["base", "dataplane", "sdk"];

/** Problems of the tree below `src`, each as `file:line  what is wrong`. */
export function checkLayers(src) {
  const files = filesBelow([src]).filter((file) => /\.(ts|mts|js|mjs)$/.test(file) && !file.includes(`${sep}assembly${sep}`));
  if (files.length === 0) return [`${src}: the layer check found no file to examine`];
  const problems = [];
  const graph = new Map();
  for (const file of files) {
    const isTest = /(\.test|\/testing|\/conformance)\.ts$/.test(file.split(sep).join("/"));
    const targets = [];
    for (const { specifier, line, isStatic, isPath } of importsOf(readFileSync(file, "utf8"))) {
      const complain = (what) => problems.push(`${relative(dirname(src), file)}:${line}  ${what}`);
      if (!/^[#.]/.test(specifier)) continue;
      const isAlias = specifier.startsWith("#");
      if (specifier.startsWith("#test/")) {
        if (!isTest) complain(`only tests may import ${specifier}`);
        continue;
      }
      const target = isAlias ? join(src, specifier.slice(1)) : resolve(dirname(file), specifier);
      if (relative(src, target).startsWith("..")) {
        if (!isAlias && !isTest && !/package\.json$/.test(specifier)) complain(`${specifier} leaves src/`);
        continue;
      }
      if (!existsSync(target)) complain(`${specifier} does not exist`);
      const problem = ruleBroken({ from: relative(src, file), to: relative(src, target), isAlias, isPath, isTest });
      if (problem !== undefined) complain(`${specifier}: ${problem}`);
      if (isStatic) targets.push(target);
    }
    graph.set(file, targets);
  }
  for (const circle of circles(graph)) problems.push(`${circle.map((file) => relative(dirname(src), file)).join(" → ")}  is a circle`);
  return problems;
}

function ruleBroken({ from, to, isAlias, isPath, isTest }) {
  const [fromLayer, toLayer] = [layerOf(from), layerOf(to)];
  const toAll = to === join("plugins", "all.ts");
  if (isTest && to === join("sdk", "testing.ts")) return undefined;
  if (!isAlias && !isPath && fromLayer !== toLayer && fromLayer !== "top") return "another layer is imported by its name, `#layer/…`, not by a relative path";
  if (isAlias && fromLayer === toLayer && fromLayer === "plugins" && !isTest && !from.endsWith("all.ts")) return "inside a layer, write a relative path";
  if (fromLayer === "plugins") {
    if (toAll) return isTest ? undefined : "plugins do not know of each other through the table"; // Tests that hold all of a kind to one promise go over the table.
    return toLayer === "plugins" || SEEN_BY_PLUGINS.includes(toLayer) ? undefined : "plugins see only sdk, dataplane and base";
  }
  if (toLayer === "plugins") {
    const mayName = from === "daemon.ts" || from.startsWith(`daemon${sep}`) || isTest;
    if (!toAll) return mayName ? undefined : "only daemon.ts, daemon/ and plugins/all.ts name concrete plugins";
    return SEEN_BY_PLUGINS.includes(fromLayer) && !isTest ? "this layer stands below the plugins" : undefined;
  }
  if (LAYERS.indexOf(toLayer) > LAYERS.indexOf(fromLayer)) return `upward: ${fromLayer} may not know ${toLayer}`;
  if (fromLayer === "capabilities" && toLayer === "capabilities" && partOf(from) !== partOf(to)) return "sideways: capabilities never import each other";
  return undefined;
}

function layerOf(path) {
  const [first, ...rest] = path.split(sep);
  return rest.length === 0 || first === "daemon" ? "top" : first;
}
function partOf(path) {
  return path.split(sep)[1];
}

/** Each circle once, from its first file. */
function circles(graph) {
  const found = [];
  const state = new Map(); // "open" while on the path, "done" after.
  const path = [];
  const visit = (file) => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      found.push([...path.slice(path.indexOf(file)), file]);
      return;
    }
    state.set(file, "open");
    path.push(file);
    for (const target of graph.get(file) ?? []) visit(target);
    path.pop();
    state.set(file, "done");
  };
  for (const file of graph.keys()) visit(file);
  return found;
}

/**
 * The modules a text names: `import … from`, `export … from`, `import "…"`, `import("…")`, and `new URL("./….ts", …)`, as worker
 * threads are started by. Not the ones in comments, texts and regular expressions. `isStatic`: loaded before the module itself runs.
 */
export function importsOf(text) {
  const imports = [];
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (!/^["']/.test(token)) continue;
    const before = text.slice(Math.max(0, index - 2000), index);
    const keyword = /(?:\b(from|import)|\b(import\s*\()|\b(new URL\())\s*$/.exec(before);
    const specifier = token.slice(1, -1);
    if (keyword === null || (keyword[3] !== undefined && !/\.(ts|js|mjs)$/.test(specifier))) continue;
    const statement = before.slice(Math.max(before.lastIndexOf(";"), before.lastIndexOf("\nimport"), before.lastIndexOf("\nexport")) + 1);
    const isType = /^\s*(?:import|export)\s+type\b/.test(statement);
    imports.push({ specifier, line: text.slice(0, index).split("\n").length, isStatic: keyword[1] !== undefined && !isType, isPath: keyword[3] !== undefined });
  }
  return imports;
}

const TOKEN = new RegExp(
  [
    String.raw`\/\/[^\n]*`, // A comment to the end of the line,
    String.raw`\/\*[\s\S]*?\*\/`, // a comment,
    String.raw`"(?:[^"\\\n]|\\.)*"`, // a text,
    String.raw`'(?:[^'\\\n]|\\.)*'`,
    "`(?:[^`\\\\]|\\\\[\\s\\S])*`",
    String.raw`(?<=[(,=:[!&|?{};>]\s*|\breturn\s+)\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/`, // a regular expression, where a value may stand.
  ].join("|"),
  "g",
);

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const problems = checkLayers(join(root, "src"));
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}
