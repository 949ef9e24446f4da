// A data-plane thread gets options that are already checked, so it needs no schemas. The library behind them
// takes 13 MB in each thread; here it is replaced by one value that answers every call with itself.
import { registerHooks } from "node:module";

const NOTHING = `const nothing = new Proxy(() => nothing, { get: (_, name) => (name === Symbol.toPrimitive ? () => "" : nothing) }); export const z = nothing; export default nothing;`;

/** To be called before any plugin is imported in this thread. Plugins of the user's own may want the real library: not with them. */
export function skipSchemas(): void {
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === "zod") return { url: `data:text/javascript,${encodeURIComponent(NOTHING)}`, format: "module", shortCircuit: true };
      return next(specifier, context);
    },
  });
}
