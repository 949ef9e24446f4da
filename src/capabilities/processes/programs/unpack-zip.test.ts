import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { unpackZip } from "./unpack-zip.ts";
import type { UnpackBounds } from "./unpack-zip.ts";
import { zipOf } from "./zip.testing.ts";
import type { ZipEntry } from "./zip.testing.ts";

/** What lies in the folder afterwards, and why it was refused. Beside the folder nothing may ever lie. */
async function unpacked(zip: Buffer, bounds: Partial<UnpackBounds> = {}): Promise<{ readonly names: string[]; readonly problem?: string; readonly code?: string; text(name: string): string; mode(name: string): number }> {
  const dir = await mkdtemp(join(tmpdir(), "dure-zip-"));
  try {
    const [file, into] = [join(dir, "a.zip"), join(dir, "into")];
    await writeFile(file, zip);
    await mkdir(into);
    const problem = await unpackZip(file, into, bounds).then(
      () => ({}),
      (error: Error & { code?: string }) => ({ problem: error.message, ...(error.code === undefined ? {} : { code: error.code }) }),
    );
    assert.deepEqual((await readdir(dir)).sort(), ["a.zip", "into"], "nothing lies outside");
    const names = (await readdir(into, { recursive: true })).map((name) => name.replaceAll("\\", "/")).sort();
    const texts = new Map<string, { text: string; mode: number }>();
    for (const name of names) {
      const facts = await stat(join(into, name));
      if (facts.isFile()) texts.set(name, { text: await readFile(join(into, name), "utf8"), mode: facts.mode });
    }
    return { names, ...problem, text: (name) => texts.get(name)?.text ?? "", mode: (name) => texts.get(name)?.mode ?? 0 };
  } finally {
    await rm(dir, { recursive: true });
  }
}

test("unpack: files, folders and what may be run", async () => {
  const { names, problem, text, mode } = await unpacked(zipOf([{ name: "JOB/" }, { name: "JOB/JOB_run.sh", content: "#!/bin/sh\n" }, { name: "lib/한글.jar", content: "자바", flags: 0x800 }, { name: "bin/tool", content: "x", mode: 0o100755 }, { name: "stored.txt", content: "as it is", method: 0 }]));
  assert.equal(problem, undefined);
  assert.deepEqual(names, ["JOB", "JOB/JOB_run.sh", "bin", "bin/tool", "lib", "lib/한글.jar", "stored.txt"]);
  assert.equal(text("lib/한글.jar"), "자바");
  assert.equal(text("stored.txt"), "as it is");
  if (process.platform !== "win32") assert.deepEqual([mode("JOB/JOB_run.sh") & 0o100, mode("bin/tool") & 0o100, mode("stored.txt") & 0o100], [0o100, 0o100, 0]);
});

test("unpack: names of an older Korean system are read as CP949", async () => {
  const { names } = await unpacked(zipOf([{ name: Buffer.from([0xc7, 0xd1, 0xb1, 0xdb, 0x2e, 0x74, 0x78, 0x74]), content: "x" }]));
  assert.deepEqual(names, ["한글.txt"]);
});

const hostile: readonly [what: string, entries: readonly ZipEntry[], words: RegExp][] = [
  ["a path out of the folder", [{ name: "../evil" }], /may lead out/],
  ["a path out of the folder, further in", [{ name: "a/b/../../../evil" }], /may lead out/],
  ["a path from the root", [{ name: "/etc/passwd" }], /may lead out/],
  ["a drive", [{ name: "C:/evil" }], /may lead out/],
  ["backslashes", [{ name: "..\\evil" }], /may lead out/],
  ["a stream of NTFS", [{ name: "a.txt:evil" }], /may lead out/],
  ["a device of Windows", [{ name: "a/NUL.txt" }], /may lead out/],
  ["a zero in the name", [{ name: "a\0b" }], /may lead out/],
  ["an empty part", [{ name: "a//b" }], /may lead out/],
  ["a name that Windows shortens", [{ name: "a/b." }], /may lead out/],
  ["a link", [{ name: "link", content: "/etc/passwd", mode: 0o120777 }], /link or a device/],
  ["a link that others are written through", [{ name: "a", content: "/tmp", mode: 0o120777 }, { name: "a/evil" }], /link or a device/],
  ["a device", [{ name: "dev", mode: 0o020666 }], /link or a device/],
  ["two names that differ in case", [{ name: "a/Run.sh" }, { name: "A/run.sh" }], /case does not count/],
  ["two files of one name", [{ name: "a" }, { name: "a" }], /case does not count/],
  ["a file that is a folder as well", [{ name: "a" }, { name: "a/b" }], /case does not count/],
  ["one that is encrypted", [{ name: "a", flags: 1 }], /encrypted/],
  ["one packed in another way", [{ name: "a", method: 12 }], /method 12/],
  ["one that says it is zip64", [{ name: "a", extra: Buffer.from([1, 0, 0, 0]) }], /zip64/],
  ["a size that is a lie", [{ name: "a", content: "x".repeat(1000), size: 10 }], /damaged|too many bytes/],
  ["a checksum that is none", [{ name: "a", content: "hello", crc: 1 }], /damaged/],
  ["nothing", [], /nothing is in it/],
  ["a name that is no UTF-8 and says so", [{ name: Buffer.from([0xff, 0xfe]), flags: 0x800 }], /UTF-8/],
];
for (const [what, entries, words] of hostile) {
  test(`unpack: ${what} is refused`, async () => {
    const { problem, code, names } = await unpacked(zipOf([...entries]));
    assert.match(problem ?? "it was taken", words);
    assert.equal(code, "INVALID");
    // Names are looked at before anything is written.
    if (!/damaged|too many bytes/.test(problem ?? "")) assert.deepEqual(names, []);
  });
}

test("unpack: bombs are refused by what comes out, not by what they say", async () => {
  const zeros = Buffer.alloc(4 << 20);
  const bomb = zipOf([{ name: "a", content: zeros }, { name: "b", content: zeros }]);
  assert.match((await unpacked(bomb, { bytesMax: 6 << 20 })).problem ?? "taken", /grows to more than 6 MB/);
  assert.match((await unpacked(bomb, { ratioFromBytes: 1 << 20 })).problem ?? "taken", /200 times/);
  assert.match((await unpacked(zipOf(Array.from({ length: 30 }, (_, index) => ({ name: `f${index}` }))), { entriesMax: 20 })).problem ?? "taken", /more than 20 files/);
});

test("unpack: whatever is hurt in a zip, nothing is written outside and it is refused in words, or taken", async () => {
  const whole = zipOf([{ name: "JOB/JOB_run.sh", content: "#!/bin/sh\nexec java\n" }, { name: "lib/a.jar", content: "x".repeat(3000) }]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 6 }), fc.nat({ max: whole.length }), fc.boolean(), async (hurts, cut, isCut) => {
      const hurt = Buffer.from(isCut ? whole.subarray(0, cut) : whole);
      for (const [at, byte] of hurts) if (at < hurt.length) hurt[at] = byte;
      const { problem, code } = await unpacked(hurt);
      if (problem !== undefined) assert.equal(code, "INVALID", problem);
    }),
    { numRuns: 200 },
  );
});
