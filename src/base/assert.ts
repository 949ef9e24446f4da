/** Throws when something is not as the code counts on. Node's own takes half a megabyte in each thread. */
export function assert(isSo: boolean, message = "the program does not keep what it counts on"): asserts isSo {
  if (!isSo) throw new AssertionError(message);
}

/** A fault of the program itself. */
class AssertionError extends Error {
  override readonly name = "AssertionError";
}
