// Keeps out of memory what this process will never use of a library.
import { registerHooks } from "node:module";

const NOTHING = `
const refuse = () => { throw new Error("a data-plane thread has no schemas: check by hand what is read here"); };
const answers = new Map([[Symbol.toPrimitive, () => ""], ["parse", refuse], ["safeParse", refuse]]);
const nothing = new Proxy(() => nothing, { get: (_, name) => answers.get(name) ?? nothing });
export const z = nothing;
export default nothing;
`;
const NO_LOCALES = "export {};";

/** What stands behind the address of a module that has the schema library after all, for plugins of the user's own. */
const WITH_SCHEMAS = "?with-schemas";
const OWN = new URL("../", import.meta.url).href;
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
      const isOwn = context.parentURL?.startsWith(OWN) === true;
      const isWithSchemas = context.parentURL?.endsWith(WITH_SCHEMAS) === true;
      if (specifier === "zod" && isOwn && !isWithSchemas) return inline(NOTHING);
      const found = next(specifier, context);
      return isWithSchemas && found.url.startsWith(`${OWN}sdk/`) ? { ...found, url: found.url + WITH_SCHEMAS } : found;
    },
  });
}

/** The module as a plugin of the user's own is to have it. */
export function withSchemas(url: string): string {
  return areSchemasSkipped ? url + WITH_SCHEMAS : url;
}

/** The schema library brings its messages in sixty languages; ours are our own. Leaving them out makes each start faster. */
export function skipSchemaLocales(): void {
  registerHooks({
    resolve(specifier, context, next) {
      return specifier.endsWith("/locales/index.js") && context.parentURL?.includes("/zod/") === true ? inline(NO_LOCALES) : next(specifier, context);
    },
  });
}

function inline(source: string) {
  return { url: `data:text/javascript,${encodeURIComponent(source)}`, format: "module" as const, shortCircuit: true };
}
