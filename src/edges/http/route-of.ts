// The one rule by which a command has its place in the HTTP API. No route is written by hand.
import type { CommandDefinition } from "#kernel/commands/command.ts";

export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Behind `/api`: the words of the path; `null` stands for the key. */
  readonly path: readonly (string | null)[];
  /** A question whose parameters may be too long for a URL, as the text of a config: POST with a JSON body is the same. */
  readonly isAlsoPost: boolean;
}

type Named = Pick<CommandDefinition, "name" | "effect" | "key">;

export function routeOf({ name, effect, key }: Named): Route {
  const dot = name.indexOf(".");
  const [noun, verb] = [name.slice(0, dot), name.slice(dot + 1)];
  const one = key === undefined ? [noun] : [noun, null];
  const usual = USUAL[verb];
  if (usual !== undefined && usual.effect === effect) return { method: usual.method, path: usual.isOfOne ? one : [noun], isAlsoPost: false };
  const isRead = effect === "read";
  return { method: isRead ? "GET" : "POST", path: [...one, verb], isAlsoPost: isRead };
}

const USUAL: Readonly<Record<string, { readonly effect: "read" | "change"; readonly method: Route["method"]; readonly isOfOne: boolean }>> = {
  list: { effect: "read", method: "GET", isOfOne: false },
  show: { effect: "read", method: "GET", isOfOne: true },
  create: { effect: "change", method: "POST", isOfOne: false },
  update: { effect: "change", method: "PATCH", isOfOne: true },
  remove: { effect: "change", method: "DELETE", isOfOne: true },
};

/** `/api/pipelines/{name}/tap`, as people read it. */
export function pathText({ path }: Route, key = "key"): string {
  return ["/api", ...path.map((word) => word ?? `{${key}}`)].join("/");
}

/** Where a client finds a command of a table: its path with the key filled in. */
export function pathFor(command: Named, keyText: string, table: readonly Named[]): string {
  const { path } = routeOf(command);
  const taken = table.flatMap((other) => (routeOf(other).path[0] === path[0] ? (routeOf(other).path[1] ?? []) : []));
  return ["/api", ...path.map((word) => word ?? keyWord(keyText, taken))].join("/");
}

/** Of a pipeline called `watch`, too: the path of `pipelines.watch` would be its own. And dots alone are steps of a path. */
function keyWord(key: string, taken: readonly string[]): string {
  const isMistaken = taken.includes(key) || /^(?:~|\.{1,2}$)/.test(key);
  return `${isMistaken ? "~" : ""}${encodeURIComponent(key)}`;
}

/** The key that a word of a path is: behind a `~` stands one that may be anything. */
export function keyIn(word: string): string {
  return word.startsWith("~") ? word.slice(1) : word;
}
