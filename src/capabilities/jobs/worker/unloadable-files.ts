// Files of the rules folder that hung, or ended their worker, while they were imported: the agent tells the workers that come after, which leave them out.

const VARIABLE = "DURE_RULES_UNLOADABLE";

/** Path relative to the rules folder, and why. */
export function unloadableFiles(env: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(JSON.parse(env[VARIABLE] ?? "{}") as Record<string, string>));
}

export function withUnloadable<Program extends { readonly env: Readonly<Record<string, string | undefined>> }>(program: Program, files: ReadonlyMap<string, string>): Program {
  return files.size === 0 ? program : { ...program, env: { ...program.env, [VARIABLE]: JSON.stringify(Object.fromEntries(files)) } };
}
