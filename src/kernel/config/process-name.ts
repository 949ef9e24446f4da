// What a process may be called.

const NAME_LENGTH_MAX = 100;
const PLAIN = /^\w[\w.@+=-]*$/;
const ANY_SCRIPT = /^[\p{L}\p{N}_][\p{L}\p{N}\p{M}\w.@+=-]*$/u;

/** The console separates by spaces, `:`, `,` and `|`; names become folders. */
export function isProcessName(name: string): boolean {
  if (name === "" || NAME_LENGTH_MAX < name.length || /[. ]$/.test(name)) return false;
  return PLAIN.test(name) || ANY_SCRIPT.test(name);
}
