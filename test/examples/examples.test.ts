// Every folder of examples/ runs as it stands: copied, with the real program, with the peers it names started by the test. A
// folder without a case here is a failure.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import iconv from "iconv-lite";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { folder, until } from "#test/cli/run-dure.ts";
import type { Ended } from "#test/cli/run-dure.ts";
import { startForwardReceiver } from "#test/receivers/forward-receiver.ts";
import { startHttpReceiver } from "#test/receivers/http-receiver.ts";
import { noMariaDb, startMariaDb } from "#test/servers/mariadb.ts";
import { freePort } from "#test/servers/free-port.ts";
import { noRabbitMq, startRabbitMq } from "#test/servers/rabbitmq.ts";
import { cookbookRuns } from "./cookbook-runs.ts";
import { exampleIn, exampleNames as names, linesOf, read, recordsIn, recordsOf } from "./example.ts";
import type { Environment, Example } from "./example.ts";

const runs: Record<string, (example: Example) => Promise<void>> = {
  ...cookbookRuns,

  async "cp949-to-fluentd"({ file, runUntil }) {
    const written = iconv.decode(readFileSync(file("logs/game-01.log")), "cp949").trim().split("\r\n");
    const users = written.map((line) => line.slice(line.indexOf("user=") + 5));
    assert.ok(users.includes("똠방각하"), "a syllable that only CP949 has, not EUC-KR");
    await using first = await startForwardReceiver();
    await using second = await startForwardReceiver();
    const env = { FLUENTD_1: "127.0.0.1", FLUENTD_1_PORT: String(first.port), FLUENTD_2: "127.0.0.1", FLUENTD_2_PORT: String(second.port) };
    const received = () => [...first.entries, ...second.entries];
    await first.down();
    await runUntil(() => written.length <= received().length, env);
    assert.deepEqual(received().map(({ record }) => record["user"]), users);
    assert.deepEqual([second.entries[0]?.tag, second.entries[0]?.seconds], ["game.log", Date.parse("2026-11-21T09:00:00+09:00") / 1000]);
    await second.down();
    rmSync(file(".dure"), { recursive: true }); // Its positions: now it begins again.
    await runUntil(() => written.length <= linesOf(read(file("failed/undelivered.json"))).length, env);
    assert.deepEqual(recordsOf(read(file("failed/undelivered.json"))).map(({ user }) => user), users);
  },

  async "order-flow"({ file, runUntil }) {
    const wanted = Array.from({ length: 100 }, (_, index) => `booked 주문-${index + 1} ${Math.round((index + 1) * 10 * 1.1)}`);
    const booked = (): string[] => linesOf(read(file("booked.log")));
    await runUntil(() => wanted.length <= booked().length);
    assert.deepEqual(booked().toSorted(), wanted.toSorted());
  },

  async jobs(example) {
    await example.runUntil(async () => {
      const hello = await jobOf(example, "test.module", "TestClass.callme", "--data", '{"arg1":"길동"}');
      if (hello === undefined) return false; // It has not begun yet.
      const python = await jobOf(example, "old.module", "TestClass.callme", "--data", '{"arg1":"길동"}');
      assert.deepEqual([hello, python].map((job) => JSON.parse(String(job?.["result"]))), [{ hello: "길동" }, { hello: "길동님, 안녕하세요" }]);
      const [first, again] = [await jobOf(example, "orders", "place", "--data", '{"order":7,"amount":1200}'), await jobOf(example, "orders", "place", "--data", '{"order":7,"amount":1200}')];
      assert.deepEqual([first?.["state"], first?.["attempt"], JSON.parse(String(first?.["result"])), again?.["id"]], ["succeeded", 2, { order: 7, total: 1320 }, first?.["id"]]);
      return true;
    });
  },

  async notices(example) {
    await using hook = await startHttpReceiver();
    const env = { CHAT_HOOK: hook.url };
    let hasRun = false;
    const heard = (): readonly string[] => hook.received.map(({ body }) => String((JSON.parse(body) as { readonly subject: string }).subject));
    await example.runUntil(async () => {
      hasRun ||= (await jobOf(example, "orders", "book", "--data", '{"order":7}')) !== undefined && (await jobOf(example, "orders", "book", "--data", "{}")) !== undefined;
      return 2 <= hook.received.length;
    }, env);
    assert.deepEqual(heard().filter((subject) => !subject.endsWith("orders:book")), ["order 7 is booked"]);
    assert.equal(heard().length, 2, heard().join("; "));
  },

  async "jobs-rabbitmq"(example) {
    await using server = await startRabbitMq();
    await example.runUntil(
      async () => {
        const job = await jobOf(example, "orders", "place", "--data", '{"order":7,"amount":1200}');
        if (job === undefined) return false;
        assert.deepEqual([job["state"], job["attempt"]], ["succeeded", 2]);
        return true;
      },
      { RABBITMQ_URL: `amqp://guest:guest@127.0.0.1:${server.port}/` },
    );
  },

  async "own-process-type"({ file, runUntil }) {
    const masked = (): string[] => linesOf(read(file("masked.log")));
    await runUntil(() => 100 <= masked().length);
    assert.deepEqual(masked(), Array.from({ length: 100 }, (_, number) => `사람-${number} 900101-1${String(number).padStart(6, "0").slice(0, 1)}*****`));
  },

  async "nginx-to-json-file"({ config, file, dure }) {
    const { code, stderr } = await dure("test", config);
    assert.equal(code, 0, stderr);
    const wrong = linesOf(read(file("logs/access.log"))).filter((line) => /" 5\d\d /.test(line));
    const records = recordsOf(read(file("out/errors.json")));
    assert.ok(wrong.length > 0);
    assert.equal(records.length, wrong.length);
    for (const { status, path, class: group, is_api: isApi, ...rest } of records) {
      assert.deepEqual([group, isApi, Number(status) >= 500], ["5xx", String(path).startsWith("/api/"), true]);
      assert.deepEqual(Object.keys(rest).sort(), ["method", "remote", "time"]);
    }
  },

  async "nginx-metrics"({ config, file, dure, runUntil }) {
    const lines = linesOf(read(file("logs/access.log")));
    const sizes = lines.map((line) => Number(/" \d{3} (\d+)/.exec(line)?.[1]));
    const wanted = [`http_response_bytes_total ${sizes.reduce((sum, size) => sum + size)}`, `http_response_size_bytes_bucket{le="10000"} ${sizes.filter((size) => size <= 10_000).length}`, `http_requests_total{class="5xx",method="GET"} ${lines.filter((line) => /"GET \S+ \S+" 5/.test(line)).length}`];
    const { stdout } = await dure("test", config);
    for (const line of wanted) assert.ok(stdout.split("\n").includes(line), `${line}\n${stdout}`);
    rmSync(file(".dure"), { recursive: true }); // Its positions: now it begins again.
    const port = await freePort();
    const scraped = (): Promise<string> => fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text(), () => "");
    await runUntil(async () => wanted.every(((text) => (line: string) => text.includes(`\n${line}\n`))(await scraped())), { METRICS_PORT: String(port) });
  },

  async "json-to-forward"({ runUntil }) {
    await using receiver = await startForwardReceiver();
    await runUntil(() => receiver.entries.length === 6, { FLUENTD_PORT: String(receiver.port) });
    const [order, , , traceback] = receiver.entries;
    assert.deepEqual([order?.tag, order?.seconds, order?.nanoseconds], ["app.events", Date.parse("2026-11-21T09:00:00+09:00") / 1000, 125_000_000]);
    assert.deepEqual(order?.record, { level: "info", event: "order", id: 1001, amount: 12_900, user: "김서연" });
    assert.deepEqual(traceback?.record, { message: "Traceback (most recent call last): this line is no JSON" });
  },

  async "mysql-tail-exec"({ file, runUntil }) {
    await using server = await startMariaDb();
    await server.query("DROP DATABASE logdb"); // The server comes with one; this is about schema.sql.
    await server.query(read(file("schema.sql")));
    const env = { MYSQL_PORT: String(server.port), MYSQL_USER: server.user, MYSQL_PASSWORD: server.password };
    await runUntil(() => linesOf(read(file("out/suspects.json"))).length > 0, env);
    assert.deepEqual(recordsOf(read(file("out/suspects.json"))).map(({ player, gold }) => [player, gold]), [["이도윤", 1_999_998]]);
    // Only what is new the next time.
    await server.query("INSERT INTO logdb.logtbl (at, player, action, amount) VALUES ('2026-11-22', 'Grendel', 'gold', 100001)");
    await runUntil(() => linesOf(read(file("out/suspects.json"))).length > 1, env);
    assert.deepEqual(recordsOf(read(file("out/suspects.json"))).map(({ player }) => player), ["이도윤", "Grendel"]);
  },

  async "disk-buffer"({ config, file, start, dure, runUntil }) {
    const written = linesOf(read(file("logs/orders.log")));
    await using receiver = await startForwardReceiver();
    await receiver.down();
    const env = { FLUENTD_PORT: String(receiver.port) };
    const running = start(["run", config], env);
    await until(async () => recordsIn(await dure("status", config, "--json")) === written.length, "all is read into the buffer");
    running.child.kill("SIGKILL");
    await running.ended;
    rmSync(file("logs/orders.log"));
    await receiver.up();
    await runUntil(() => written.length <= receiver.entries.length, env);
    assert.deepEqual(receiver.lines(), written);
  },

  async "route-by-status"({ file, runUntil }) {
    await using receiver = await startForwardReceiver();
    const archive = (): Record<string, unknown>[] => readdirSync(file("out"), { encoding: "utf8" }).filter((name) => name.startsWith("archive-")).flatMap((name) => recordsOf(read(file(`out/${name}`))));
    await runUntil(() => receiver.entries.length === 8 && archive().length === 52, { FLUENTD_PORT: String(receiver.port) });
    assert.deepEqual([...new Set(receiver.entries.map(({ record }) => record["status"]))].toSorted(), [500, 502, 503]);
    const missing = recordsOf(read(file("out/missing.ndjson")));
    assert.equal(missing.length, 10);
    assert.deepEqual(Object.keys(missing[0] ?? {}).toSorted(), ["path", "referer", "time"]);
    assert.equal(archive().filter(({ status }) => status === 404).length, 10, "what goes on is not changed by its branch");
  },

  async "own-plugin"({ config, dure }) {
    const { code, stdout, stderr } = await dure("test", config, "-q");
    assert.equal(code, 0, stderr);
    assert.deepEqual(recordsOf(stdout).map(({ time, ...record }) => [Date.parse(String(time)), record]), [
      [Date.parse("2026-11-21T09:00:01+09:00"), { service: "shop", action: "buy", ms: 143 }],
      [Date.parse("2026-11-21T09:00:02+09:00"), { service: "login", action: "password", ms: 881 }],
      [Date.parse("2026-11-21T09:00:04+09:00"), { service: "상점", action: "구매", ms: 207 }],
    ]);
  },

  async "stdin-to-file"({ config, file, start }) {
    const running = start(["run", config]);
    running.child.stdin.end("첫 줄\nsecond line\n");
    const { code, stderr } = await running.ended;
    assert.equal(code, 0, stderr);
    const [name = "", ...others] = readdirSync(file("out"));
    assert.match(name, /^\d{8}\.log$/);
    assert.deepEqual([others, read(file(`out/${name}`))], [[], "첫 줄\nsecond line\n"]);
  },

  async "forward-relay"({ file, runUntil, dure }) {
    const port = await freePort();
    let sending: Promise<Ended> | undefined;
    await runUntil(
      async () => {
        sending ??= dure("try", `in.FakeData --type people --seed 3 --tag people.ko --locale ko | out.Fluentd --host 127.0.0.1 --port ${port}`);
        return linesOf(read(file("out/people.ko.json"))).length === 5;
      },
      { FORWARD_PORT: String(port) },
    );
    assert.equal((await sending)?.code, 0);
    for (const { name, age } of recordsOf(read(file("out/people.ko.json")))) assert.deepEqual([typeof name, typeof age], ["string", "number"]);
  },

  async "old-swak-form"({ config, start }) {
    const running = start(["run", config]);
    // Five people in a turn: the sixth comes after the sleep, from the top.
    let isSeen = false;
    void running.printed(/(?:^\{"time":.*"age":\d+.*\n){6}/m).then(() => (isSeen = true), () => {});
    await until(() => isSeen, "six people were printed");
    running.child.kill("SIGINT");
    const { code, stderr } = await running.ended;
    assert.equal(code, exitCode.interrupted, stderr);
  },

  async rotation({ file, runUntil }) {
    const rotated = () => (existsSync(file("out")) ? readdirSync(file("out")).filter((name) => name.endsWith(".gz")) : []);
    const seen = new Set<string>();
    await runUntil(() => {
      for (const name of rotated()) seen.add(name);
      return seen.size > 3 && rotated().length === 3;
    });
    assert.ok(rotated().length <= 3, "only so many are kept");
    for (const name of rotated()) {
      const bytes = gunzipSync(readFileSync(file(`out/${name}`)));
      // On a machine that stood still for long, what came due meanwhile is one batch, and a batch goes into one file.
      const secondsOf = new Set(bytes.toString("latin1").match(/(?<=\[)[^\]]+/g)).size;
      assert.ok(0 < bytes.length && (bytes.length <= 100_000 || secondsOf === 1), `${name}: ${bytes.length} bytes of ${secondsOf} seconds`);
      assert.equal(bytes.at(-1), 0x0a, "files end with a whole line");
    }
  },

  async quickstart({ file, runUntil }) {
    await runUntil(() => linesOf(read(file("../../.dure/quickstart/errors.ndjson"))).length > 0);
  },
};

test("examples: each has a case", () => assert.deepEqual(names.toSorted(), Object.keys(runs).toSorted()));

/** What came of a job; undefined: nobody takes it yet. */
async function jobOf({ dure, config }: Example, ...words: readonly string[]): Promise<Record<string, unknown> | undefined> {
  const { code, stdout } = await dure("job", "submit", ...words, "--wait", "--json", "-c", config);
  return code === 0 ? JSON.parse(stdout).result.job : undefined;
}

/** Why an example cannot run here. */
const skips: Record<string, string | false> = { "mysql-tail-exec": noMariaDb, "mysql-to-mysql": noMariaDb, "json-to-rabbitmq": noRabbitMq, "jobs-rabbitmq": noRabbitMq };
/** What a config must be told. */
const secrets: Record<string, Environment> = { webhook: { HOOK_TOKEN: "a token", HOOK_SECRET: "비밀" } };

for (const name of names) {
  const noSignals = process.platform === "win32" && "the tests stop agents by signals";
  test(`examples: ${name} is faultless, passes its own tests and runs`, { skip: skips[name] || noSignals, timeout: 240_000 }, async () => {
    await using here = folder();
    const example = exampleIn(here, name, secrets[name]);
    const { code, stderr } = await example.dure("validate", example.config, "--no-environment", "--deny-warnings");
    assert.equal(code, 0, stderr);
    if (/^tests:/m.test(read(example.config))) {
      const own = await example.dure("test", "--all", example.config);
      assert.equal(own.code, 0, own.stdout + own.stderr);
    }
    await runs[name]?.(example);
  });
}
