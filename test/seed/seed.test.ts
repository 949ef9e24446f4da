// The document that the product began with: its three blocks of tasks run word for word, slips included, against the very
// addresses they name. The addresses and files exist only inside a namespace of the test's own.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { folder, ROOT } from "../cli/run-dure.ts";

const SEED = join(ROOT, "test", "seed");
const INSIDE = join(SEED, "inside-namespace.ts");

/** Two addresses of the document, and private layers over the folders in which it names files. */
const NAMESPACE = `set -e
ip link set lo up
ip addr add 192.168.0.1/32 dev lo
ip addr add 169.168.0.2/32 dev lo
mount -t tmpfs tmpfs /mnt
for folder in tmp etc usr/bin; do
  layer=/mnt/$(echo $folder | tr / -)
  mkdir $layer $layer-work
  chmod --reference=/$folder $layer
  mount -t overlay overlay -o lowerdir=/$folder,upperdir=$layer,workdir=$layer-work /$folder
done
exec "$@"`;

const noNamespace: string | false =
  process.platform !== "linux"
    ? "namespaces are a thing of Linux"
    : process.getuid?.() !== 0
      ? "needs root"
      : spawnSync("unshare", ["-n", "-m", "sh", "-c", NAMESPACE, "sh", "true"]).status === 0
        ? false
        : "this container may not make namespaces and mounts";

test("the three blocks run unchanged inside a namespace with the addresses and files they name", { skip: noNamespace, timeout: 240_000 }, async () => {
  const child = spawn("unshare", ["-n", "-m", "sh", "-c", NAMESPACE, "sh", process.execPath, INSIDE], {
    stdio: ["ignore", "pipe", "pipe"],
    env: withoutTestRunner(),
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const code = await new Promise((resolve) => child.once("close", resolve));
  assert.equal(code, 0, output);
  assert.match(output, /pass 3\b/);
});

const slips: Readonly<Record<string, readonly string[]>> = {
  "fake-data.yml": [],
  "file-tail.yml": ["10:5 DURE403 parse.MyLogParser", "13:5 DURE402 buffer.Time", "18:5 DURE401 indent `outputs`, `last`, `start_by` further than `failover:`"],
  "mysql-tail.yml": [
    "4:5 DURE401 indent `ip`, `db`, `table` further than `in.MySQLTail:`",
    "9:5 DURE402 buffer.Lines",
    "10:5 DURE401 indent `lines` further than `out.LinedBuffer:`",
    "14:5 DURE401 indent `cmd` further than `out.Exec:`",
    "14:42 DURE404 remove this",
  ],
};

for (const [name, expected] of Object.entries(slips)) {
  test(`${name}: each slip is one warning with its place and the present spelling, and nothing is an error`, { timeout: 240_000 }, async () => {
    await using dir = folder();
    dir.write(name, readFileSync(join(SEED, name), "utf8"));
    dir.write("plugins/MyLogParser.ts", readFileSync(join(SEED, "plugins", "MyLogParser.ts"), "utf8"));
    const { code, stdout } = await dir.dure([join(ROOT, "src", "main.ts"), "validate", name, "--no-environment", "--format", "json", "--lang", "en"], {
      program: process.execPath,
    });
    const { problems } = JSON.parse(stdout) as {
      problems: { severity: string; file: string; line: number; column: number; code: string; suggestion?: string; help?: string }[];
    };
    assert.equal(code, 0);
    assert(problems.every((problem) => problem.severity === "warning" && problem.file === name));
    assert.deepEqual(
      problems.map((problem) => `${problem.line}:${problem.column} ${problem.code} ${(problem.suggestion ?? problem.help) || "remove this"}`),
      expected,
    );
  });
}

/** The inner run is a test run of its own, not a part of this one. */
function withoutTestRunner(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return env;
}
