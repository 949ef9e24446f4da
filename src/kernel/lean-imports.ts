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

/**
 * A data-plane thread gets options that are already checked, so it needs no schemas. The library behind them takes 13 MB in each
 * thread; here it is replaced by one value that answers every call but `parse` with itself. To be called before any plugin is imported in
 * this thread. Plugins of the user's own may want the real library: not with them.
 */
export function skipSchemas(): void {
  registerHooks({
    resolve(specifier, context, next) {
      return specifier === "zod" ? inline(NOTHING) : next(specifier, context);
    },
  });
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
