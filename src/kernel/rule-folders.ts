// How far one looks into a rules folder: the same for the workers, the check of the config and the doctor.

/** Of files and of folders: packages, and what its author does not want to be rules. */
export function isLeftOut(name: string): boolean {
  return /^[._]|^node_modules$/.test(name);
}

/** Folders within folders. */
export const RULE_FOLDERS_DEPTH_MAX = 10;
