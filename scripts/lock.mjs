// Keeps package-lock.json whole. npm writes into it only what its registry could name; where a mirror lacks the packages of other
// systems, their entries are missing and `npm ci` refuses the whole file, everywhere. `node scripts/lock.mjs` adds them: their versions
// are fixed by the packages that want them, their systems are in their names. To be run after `npm install X`; `npm run check` looks.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./project.mjs";

const file = join(root, "package-lock.json");
const OS = { android: "android", darwin: "darwin", freebsd: "freebsd", linux: "linux", openharmony: "openharmony", win32: "win32", netbsd: "netbsd", openbsd: "openbsd", sunos: "sunos", aix: "aix" };
const CPU = { arm: "arm", arm64: "arm64", x64: "x64", ia32: "ia32", ppc64: "ppc64", riscv64: "riscv64", s390x: "s390x", loong64: "loong64", mips64el: "mips64el", wasm32: "wasm32" };
const LIBC = { gnu: "glibc", gnueabihf: "glibc", musl: "musl", musleabihf: "musl" };

/** The optional packages that a locked package wants and the lock file does not have, as the entries they should be. */
export function missingEntries({ packages }) {
  const missing = new Map();
  for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (isFound(packages, path, name)) continue;
      const words = name.split(/[-/]/);
      const values = (table) => [...new Set(words.map((word) => table[word]).filter((value) => value !== undefined))];
      const systems = { cpu: values(CPU), os: values(OS), libc: values(LIBC) };
      missing.set(`node_modules/${name}`, {
        version,
        ...(systems.cpu.length === 0 ? {} : { cpu: systems.cpu }),
        ...(dev === true ? { dev } : {}),
        ...(systems.libc.length === 0 ? {} : { libc: systems.libc }),
        optional: true,
        ...(systems.os.length === 0 ? {} : { os: systems.os }),
      });
    }
  }
  return missing;
}

/** As Node looks for it: beside the package that wants it, then further out. */
function isFound(packages, path, name) {
  for (let from = path; ; from = from.slice(0, Math.max(0, from.lastIndexOf("/node_modules/")))) {
    if (packages[`${from === "" ? "" : `${from}/`}node_modules/${name}`] !== undefined) return true;
    if (from === "") return false;
  }
}

export function readLock() {
  return JSON.parse(readFileSync(file, "utf8"));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const lock = readLock();
  const missing = missingEntries(lock);
  const inexact = [...missing].filter(([, { version }]) => !/^\d+\.\d+\.\d+[-+\w.]*$/.test(version));
  for (const [path, { version }] of inexact) console.error(`${path} is wanted as ${version}: no exact version to lock`);
  if (inexact.length > 0) process.exitCode = 1;
  const all = { ...lock.packages, ...Object.fromEntries(missing) };
  const sorted = Object.fromEntries(Object.entries(all).sort(([one], [other]) => one.localeCompare(other, "en")));
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`);
  console.log(`${missing.size} entries added to package-lock.json`);
}
