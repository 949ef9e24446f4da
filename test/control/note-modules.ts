// Loaded into an agent by its test (`--import`): writes what its main thread has loaded into the file that MODULES_FILE names, when it ends.
// A hook that answers for a module hides it from those registered before: each hook is noted when it is registered.
import { writeFileSync } from "node:fs";
import nodeModule from "node:module";
import type { LoadHookSync } from "node:module";
import { isMainThread } from "node:worker_threads";

const file = process.env["MODULES_FILE"];
if (isMainThread && file !== undefined) {
  const loaded = new Set<string>();
  const noting =
    (load: LoadHookSync): LoadHookSync =>
    (url, context, next) => {
      loaded.add(url);
      return load(url, context, next);
    };
  const register = nodeModule.registerHooks;
  register({ load: noting((url, context, next) => next(url, context)) });
  nodeModule.registerHooks = ({ load, ...hooks }) => register({ ...hooks, ...(load === undefined ? {} : { load: noting(load) }) });
  nodeModule.syncBuiltinESMExports();
  process.once("exit", () => writeFileSync(file, JSON.stringify([...loaded])));
}
