// What imports cost: keeps out of memory what this process will never use of a library, takes our own modules as they were prepared, and saves a
// short command the search for files that are there.
import { readFileSync, statSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

const NOTHING = `
const refuse = () => { throw new Error("a data-plane thread has no schemas: check by hand what is read here"); };
const answers = new Map([[Symbol.toPrimitive, () => ""], ["parse", refuse], ["safeParse", refuse]]);
const nothing = new Proxy(() => nothing, { get: (_, name) => answers.get(name) ?? nothing });
export const z = nothing;
export default nothing;
`;
const NO_LOCALES = "export {};";
/** What the URLs of all our sources begin with, and those of the libraries. */
const SOURCES = new URL("../", import.meta.url).href;
const LIBRARIES = new URL("../../node_modules/", import.meta.url).href;
/** Our modules without types and comments, made at set-up (`scripts/prepare-program.mjs`). */
const PREPARED = fileURLToPath(new URL("../../build/program/", import.meta.url));

/** What stands behind the address of a module that has the schema library after all, for plugins of the user's own. */
const WITH_SCHEMAS = "?with-schemas";
let areSchemasSkipped = false;

/**
 * A data-plane thread gets options that are already checked, so it needs no schemas. The library behind them takes 13 MB in each
 * thread; here it is replaced by one value that answers every call but `parse` with itself. To be called before any plugin is imported in
 * this thread. Plugins of the user's own may want the real library; it is loaded with the first of them.
 */
export function skipSchemas(): void {
  areSchemasSkipped = true;
  registerHooks({
    resolve(specifier, context, next) {
      const isOwn = context.parentURL?.startsWith(SOURCES) === true;
      const isWithSchemas = context.parentURL?.endsWith(WITH_SCHEMAS) === true;
      if (specifier === "zod" && isOwn && !isWithSchemas) return inline(NOTHING);
      const found = next(specifier, context);
      return isWithSchemas && found.url.startsWith(`${SOURCES}sdk/`) ? { ...found, url: found.url + WITH_SCHEMAS } : found;
    },
  });
}

/** The module as a plugin of the user's own is to have it. */
export function withSchemas(url: string): string {
  return areSchemasSkipped ? url + WITH_SCHEMAS : url;
}

/**
 * Every process and thread of ours begins with it. What our sources, the schema library and the YAML library import by a relative path or
 * by `#…` lies where it says: it is not looked for in the file system. Our own modules are loaded as they were prepared: an agent holds
 * 2.4 MB less, and starts with less work. And the schema library's messages in sixty languages are left out, for ours are our own. To be
 * called before what it is about is imported; whoever calls it imports nothing else of ours statically.
 */
export function importQuickly(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const { parentURL = "" } = context;
      const isRelative = specifier.startsWith(".");
      if (specifier.endsWith(".ts") && parentURL.startsWith(SOURCES)) {
        if (isRelative) return there(specifier, parentURL, "module-typescript");
        if (specifier.startsWith("#")) return there(specifier.slice(1), SOURCES, "module-typescript");
      } else if (isRelative && specifier.endsWith(".js")) {
        if (parentURL.startsWith(`${LIBRARIES}zod/`)) return specifier.endsWith("/locales/index.js") ? inline(NO_LOCALES) : there(specifier, parentURL, "module");
        if (parentURL.startsWith(`${LIBRARIES}yaml/`)) return there(specifier, parentURL, "commonjs");
      }
      return next(specifier, context);
    },
    load(url, context, next) {
      const source = url.startsWith(SOURCES) ? preparedOf(url) : undefined;
      return source === undefined ? next(url, context) : { format: "module", source, shortCircuit: true };
    },
  });
}

/** Undefined: there is none, or the source was changed since. */
function preparedOf(url: string): string | undefined {
  const name = url.slice(SOURCES.length);
  if (name.includes("?") || name.includes("%")) return undefined;
  try {
    const prepared = readFileSync(PREPARED + name, "latin1");
    const { mtimeMs, size } = statSync(fileURLToPath(url));
    return prepared.endsWith(`\n//${mtimeMs} ${size}`) ? prepared : undefined;
  } catch {
    return undefined;
  }
}

function there(path: string, from: string, format: "module-typescript" | "module" | "commonjs") {
  return { url: new URL(path, from).href, format, shortCircuit: true };
}

function inline(source: string) {
  return { url: `data:text/javascript,${encodeURIComponent(source)}`, format: "module" as const, shortCircuit: true };
}
