// `dure dead-letters show | edit | remove` and letters chosen by id: what a person does to single letters.
import assert from "node:assert/strict";
import { chmodSync, copyFileSync, existsSync, readFileSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { DURE, folder } from "./run-dure.ts";
import type { Ended, Folder } from "./run-dure.ts";

interface Listed {
  readonly id: string;
  readonly shortId: string;
  readonly pipeline: string;
  readonly rows: number;
  readonly at: string;
}
interface Shown {
  readonly time: string;
  readonly tag: string;
  readonly record: Record<string, unknown>;
}

const BIG = "12345678901234567890";
/** `가나` as a log in Korea's old encoding has it: no UTF-8. */
const CP949 = Buffer.from([0xb0, 0xa1, 0xb3, 0xaa, 0x0a]);
const REFUSED = "out.Fluentd: { host: 127.0.0.1, port: 1 }";

/** Two letters: parsed records of `web`, bare lines of `게임`. */
async function letters(here: Folder): Promise<readonly [Listed, Listed]> {
  here.write("web.log", `{"n":1,"id":${BIG},"ratio":2.0}\n{"n":2,"text":"주문"}\n{"n":3}\n`);
  if (!existsSync(here.file("game.log"))) here.write("game.log", "하나\n둘\n");
  config(here, REFUSED);
  await here.dure(["test", "-t", "web"]);
  await here.dure(["test", "-t", "게임"]);
  const [web, game, ...more] = await listed(here);
  assert.ok(web?.pipeline === "web" && game?.pipeline === "게임" && more.length === 0);
  return [web, game];
}

function config(here: Folder, output: string): void {
  const pipeline = (name: string, steps: string) => `  ${name}:\n    retry: { attempts: 1, first: 1ms, most: 1ms }\n    steps:\n${steps}      - ${output.replace("NAME", name)}\n`;
  here.write("dure.yml", `pipelines:\n${pipeline("web", "      - in.FileTail: { path: web.log, tag: web }\n      - parse.Json\n")}${pipeline("게임", "      - in.FileTail: { path: game.log, tag: 게임.로그 }\n")}`);
}

async function listed(here: Folder, ...options: string[]): Promise<readonly Listed[]> {
  const { stdout, stderr } = await here.dure(["dead-letters", "ls", "--json", ...options]);
  assert.notEqual(stdout, "", stderr);
  return (JSON.parse(stdout) as { letters: Listed[] }).letters;
}

function shown({ stdout }: Ended): Shown[] {
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as Shown);
}

test("show: each record as a line with time and tag, integers exact, the reason beside; by id, its beginning or `last`", async () => {
  await using here = folder();
  const [web, game] = await letters(here);
  const list = await here.dure(["dead-letters", "list"]);
  assert.match(list.stdout, new RegExp(`^ID +WHEN.*\n${web.shortId}  20.*\n${game.shortId}  20`));
  assert.match(web.shortId, /^[0-9a-f]{6,}$/);

  const show = await here.dure(["dead-letters", "show", web.shortId, "dure.yml"]);
  assert.equal(show.code, 0, show.stderr);
  assert.match(show.stdout, new RegExp(`"record":\\{"n":1,"id":${BIG},"ratio":2\\}\\}\n`));
  assert.deepEqual(shown(show).map(({ tag, record }) => [tag, record["n"]]), [["web", 1], ["web", 2], ["web", 3]]);
  assert.match(show.stderr, /web 3:out\.Fluentd: .*ECONNREFUSED/);
  assert.deepEqual(shown(await here.dure(["dead-letters", "show", "last"])).map(({ tag, record }) => [tag, record]), [["게임.로그", { message: "하나" }], ["게임.로그", { message: "둘" }]]);
  assert.equal((await here.dure(["dead-letters", "show", web.id])).stdout, show.stdout);

  const json = JSON.parse((await here.dure(["dead-letters", "show", "last", "--json"])).stdout) as { letter: { id: string }; records: Shown[] };
  assert.deepEqual([json.letter.id, json.records.length], [game.id, 2]);
});

const wrong: readonly [string[], RegExp][] = [
  [["show"], /which dead letter/],
  [["show", "0123456789"], /there is no dead letter 0123456789/],
  [["replay", "game"], /`game` is neither a dead letter nor a config\n.*-t/],
  [["list", "--older", "soon"], /write a duration/],
  [["remove"], /which dead letters/],
  [["remove", "--older", "7d"], /which dead letters/],
  [["remove", "last", "--all", "--yes"], /which dead letters/],
  [["remove", "--all"], /say --yes/],
  [["edit", "last"], /--from/],
];
test("wrong use says what is missing, and changes nothing", async () => {
  await using here = folder();
  const before = await letters(here);
  for (const [words, said] of wrong) {
    const { code, stderr } = await here.dure(["dead-letters", ...words]);
    assert.equal(code, exitCode.wrongUse, stderr);
    assert.match(stderr, said);
  }
  const { code, stdout, stderr } = await here.dure(["dead-letters", "--reason", "no such reason"]);
  assert.deepEqual([code, stdout, /^none of \d+ dead letters fits/.test(stderr)], [exitCode.done, "", true], stderr);
  assert.deepEqual(await listed(here), before);
});

test("edit --from: records changed, dropped and added; what nobody touched is sent as it was, with its own time", async () => {
  await using here = folder();
  writeFileSync(here.file("game.log"), Buffer.concat([Buffer.from("하나\n둘\n"), CP949]));
  const [web, game] = await letters(here);
  const lines = (await here.dure(["dead-letters", "show", web.shortId])).stdout.trimEnd().split("\n");
  const changed = (lines[1] ?? "").replace("주문", "결제");
  here.write("web.ndjson", `\uFEFF${changed}\r\n${lines[0]}\r\n\n{"time":"2026-01-31T09:00:00.123456789+09:00","record":{"n":4,"big":${BIG}}}\n`);
  const edit = await here.dure(["dead-letters", "edit", web.shortId, "--from", "web.ndjson"]);
  assert.equal(edit.code, 0, edit.stderr);
  assert.match(edit.stderr, /3 records/);
  const after = await here.dure(["dead-letters", "show", web.shortId]);
  assert.equal(after.stdout, `${changed}\n${lines[0]}\n{"time":"2026-01-31T00:00:00.123456789Z","tag":"web","record":{"n":4,"big":${BIG}}}\n`);
  assert.match(after.stderr, /ECONNREFUSED/);
  const [listedAfter] = await listed(here);
  assert.deepEqual([listedAfter?.id, listedAfter?.rows, listedAfter?.at], [web.id, 3, web.at]);

  const same = await here.dure(["dead-letters", "edit", "last", "--from", here.write("same", (await here.dure(["dead-letters", "show", "last"])).stdout)]);
  assert.match(same.stderr, /nothing was changed/);

  // Lines stay lines while each is one.
  here.write("game.ndjson", (await here.dure(["dead-letters", "show", "last"])).stdout.replace("둘", "셋"));
  assert.equal((await here.dure(["dead-letters", "edit", game.shortId, "--from", "game.ndjson"])).code, 0);
  config(here, "out.File: { path: NAME.out, format: lines }");
  const replay = await here.dure(["dead-letters", "replay", "last"]);
  assert.match(replay.stderr, /1 sent, 0 refused again, 0 left/);
  assert.deepEqual(readFileSync(here.file("게임.out")), Buffer.concat([Buffer.from("하나\n셋\n"), CP949]));
  assert.ok(!existsSync(here.file("web.out")), "only the letter that was named is sent");
  assert.deepEqual((await listed(here)).map(({ id }) => id), [web.id]);
});

const refused: readonly [string, string | Buffer, RegExp][] = [
  ["no JSON", '{"record":{"n":1}}\n{"record":{"n":}}\n', /:2:16 not JSON/],
  ["cut off", '{"record":{"n":1}', /:1:18 not JSON/],
  ["no object", "\n[1]\n", /:2:1 each line is a JSON object/],
  ["a record that is none", '{"time":"2026-01-31T09:00:00Z","record":[1]}\n', /:1:32 `record` is a JSON object/],
  ["fields beside the record", '{"n":1,"record":{}}\n', /:1:2 `n` is none of time, tag, record/],
  ["another tag", '{"tag":"x","record":{}}\n', /:1:2 the tag of this letter is web/],
  ["no time", '{"time":"yesterday","record":{}}\n', /:1:2 `time` is a time/],
  ["a time before 1970", '{"time":"1960-01-01T00:00:00Z","record":{}}\n', /:1:2 `time` is a time/],
  ["nothing", "\n", /no record is left/],
  ["CP949", Buffer.from([0x7b, 0x22, 0xb0, 0xa1, 0x22, 0x7d]), /not UTF-8/],
];
test("edit: what cannot be records is refused with its place, the file is named and the letter left alone", async () => {
  await using here = folder();
  const [web] = await letters(here);
  const before = await here.dure(["dead-letters", "show", web.shortId]);
  for (const [name, content, said] of refused) {
    writeFileSync(here.file("edit"), content);
    const { code, stderr } = await here.dure(["dead-letters", "edit", web.shortId, "--from", "edit"]);
    assert.equal(code, exitCode.failed, `${name}: ${stderr}`);
    assert.match(stderr, said, name);
    assert.match(stderr, /your edit is kept in edit/);
  }
  assert.deepEqual(await here.dure(["dead-letters", "show", web.shortId]), before);
});

test("remove: by ids, by age and by reason; a damaged letter too, and nothing that was not meant", async () => {
  await using here = folder();
  const [web, game] = await letters(here);
  assert.deepEqual(await listed(here, "--older", "60d"), []);
  assert.deepEqual((await listed(here, "--older", "0s", "--reason", "econnREFUSED")).length, 2);
  assert.deepEqual(await listed(here, "--reason", "413"), []);
  const none = await here.dure(["dead-letters", "remove", "--all", "--older", "7d", "--yes"]);
  assert.deepEqual([none.code, (await listed(here)).length], [0, 2], none.stderr);

  const dir = here.file(".dure", "dead-letters", "web");
  truncateSync(join(dir, readdirSync(dir)[0] ?? ""), 20);
  const damaged = await here.dure(["dead-letters", "show", web.shortId]);
  assert.deepEqual([damaged.code, damaged.stdout], [exitCode.failed, ""]);
  assert.match(damaged.stderr, /damaged/);
  assert.equal((await here.dure(["dead-letters", "remove", web.shortId, "--yes"])).code, 0);
  assert.deepEqual((await listed(here)).map(({ id }) => id), [game.id]);
  assert.equal((await here.dure(["dead-letters", "remove", "--all", "--reason", "refused", "--yes"])).code, 0);
  assert.deepEqual(await listed(here), []);
});

const SCRIPT = "/usr/bin/script";
test("at a terminal: the editor gets the records, and remove asks first", { skip: process.platform !== "linux" || !existsSync(SCRIPT) }, async () => {
  await using here = folder();
  const [web] = await letters(here);
  const onTerminal = (words: string, env: Record<string, string>) => here.spawn(["-qec", `'${DURE}' dead-letters ${words}`, "/dev/null"], { program: SCRIPT, env: { TMPDIR: here.path, ...env } });
  here.write("editor", '#!/bin/sh\nsed -i "s/$1/$2/" "$3"\nls -ld "$3" > seen\n');
  chmodSync(here.file("editor"), 0o755);

  const edit = await onTerminal(`edit ${web.shortId}`, { VISUAL: "./editor 주문 환불", EDITOR: "false" }).ended;
  assert.equal(edit.code, 0, edit.stdout);
  assert.equal(shown(await here.dure(["dead-letters", "show", web.shortId]))[1]?.record["text"], "환불");
  assert.match(readFileSync(here.file("seen"), "utf8"), /^-rw-------/);
  const [, file = ""] = /(\S+letter\.ndjson)$/m.exec(readFileSync(here.file("seen"), "utf8")) ?? [];
  assert.ok(!existsSync(file), "a copy of the records does not stay");

  const broken = await onTerminal(`edit ${web.shortId}`, { VISUAL: "./editor '^{' '<'" }).ended;
  assert.match(broken.stdout, /:1:1 not JSON/);
  const [, kept = ""] = /kept in (\S+letter\.ndjson)/.exec(broken.stdout) ?? [];
  assert.match(readFileSync(kept, "utf8"), /^<"time"/);
  const gaveUp = await onTerminal(`edit ${web.shortId}`, { VISUAL: "false" }).ended;
  assert.match(gaveUp.stdout, /the editor ended with 1: nothing was changed/);

  for (const [answer, left] of [["n", 2], ["y", 1]] as const) {
    const remove = onTerminal("remove last", {});
    await remove.printed(/\[y\/N\]/);
    remove.child.stdin.write(`${answer}\n`);
    await remove.ended;
    assert.equal((await listed(here)).length, left, answer);
  }
});

test("a letter that was sent while it was edited does not come back", { skip: process.platform !== "linux" || !existsSync(SCRIPT) }, async () => {
  await using here = folder();
  await letters(here);
  here.write("editor", `#!/bin/sh\nsed -i s/하나/다섯/ "$1"\n'${DURE}' dead-letters remove last --yes </dev/null\n`);
  chmodSync(here.file("editor"), 0o755);
  const edit = await here.spawn(["-qec", `'${DURE}' dead-letters edit last`, "/dev/null"], { program: SCRIPT, env: { TMPDIR: here.path, VISUAL: "./editor" } }).ended;
  assert.match(edit.stdout, /meanwhile: nothing was written/);
  assert.deepEqual((await listed(here)).map(({ pipeline }) => pipeline), ["web"]);
});

const NO_AGENT = process.platform === "win32" && "the agent is stopped by a signal";
test("edit --url: records of a letter elsewhere are put right and taken out, what is untouched stays exact, and what is wrong is refused with its place", { skip: NO_AGENT }, async () => {
  await using here = folder();
  const [web] = await letters(here);
  writeFileSync(here.file("dure.yml"), `http: { port: 0 }\n${readFileSync(here.file("dure.yml"), "utf8")}`);
  const { address } = JSON.parse((await here.dure(["start", "--json"])).stdout) as { address: string };
  try {
    const { result } = JSON.parse((await here.dure(["tokens", "create", "far", "--role", "operator", "--json"])).stdout) as { result: { token: string } };
    const there = ["--url", address, "--token-file", here.write("token", result.token)];
    const edit = (lines: string, ...more: string[]): Promise<Ended> => here.dure(["dead-letters", "edit", web.shortId, "--from", here.write("edit", lines), ...there, ...more]);
    const { records } = JSON.parse((await here.dure(["dead-letters", "show", web.id, "--json"])).stdout) as { records: Shown[] };
    const time = records[0]?.time ?? "";
    const refused: readonly (readonly [string, RegExp])[] = [
      ['{"row":0,', /edit:1:10 not JSON/],
      [`{"row":7,"time":"${time}","record":{}}`, /edit:1:2 `row` is the number/],
      [`{"row":0,"time":"${time}","record":{}}\n{"row":0,"time":"${time}","record":{}}`, /edit:2:2 `row` is the number/],
      [`{"row":0,"time":"${time}","n":1,"record":{}}`, /`n` is none of row, time, record/],
      ['{"row":0,"record":{}}', /`time` is a time/],
      ['{"row":0,"time":"yesterday","record":{}}', /write a time such as/],
      ["\n", /no record is left/],
    ];
    for (const [lines, said] of refused) {
      const { code, stderr } = await edit(lines);
      assert.notEqual(code, 0, lines);
      assert.match(stderr, said);
      assert.match(stderr, /your edit is kept in edit/);
    }
    const line = (row: number, record: string): string => `{"row":${row},"time":"${records[row]?.time}","record":${record}}`;
    const changed = await edit([line(1, '{"n":2,"text":"환불"}'), line(0, `{"n":9,"id":"${BIG}","ratio":2}`)].join("\n"), "--json");
    assert.deepEqual([changed.code, (JSON.parse(changed.stdout) as { records: number }).records], [0, 2], changed.stderr);
    const now = await here.dure(["dead-letters", "show", web.shortId]);
    assert.match(now.stdout, new RegExp(`"record":\\{"n":9,"id":${BIG},"ratio":2\\}\\}\n`), "an integer beyond what JSON readers keep is shown as text, and left as it was");
    assert.deepEqual(shown(now).map(({ record }) => [record["n"], record["text"]]), [[9, undefined], [2, "환불"]]);
    const same = await edit([line(0, `{"n":9,"id":"${BIG}","ratio":2}`), line(1, '{"n":2,"text":"환불"}')].join("\n"), "--json");
    assert.deepEqual([same.code, (JSON.parse(same.stdout) as { isChanged: boolean }).isChanged], [0, false], same.stdout);
  } finally {
    await here.dure(["stop"]);
  }
});

test("elsewhere: of very many letters and records none is left out", { skip: NO_AGENT }, async () => {
  await using here = folder();
  here.write("game.log", Array.from({ length: 1500 }, (_, row) => `${row}\n`).join(""));
  const [web, game] = await letters(here);
  const [name = "", time = ""] = web.id.split("/");
  const dir = join(here.path, ".dure", "dead-letters", name);
  const [file = ""] = readdirSync(dir);
  // The same again and again, each a moment older than the next; some came in the same moment.
  for (let copy = 1; copy <= 1200; copy += 1) copyFileSync(join(dir, file), join(dir, file.replace(time, `20200101T00${String(Math.floor(copy / 2)).padStart(7, "0")}Z-${String(copy).padStart(8, "0")}`)));
  writeFileSync(here.file("dure.yml"), `http: { port: 0 }\n${readFileSync(here.file("dure.yml"), "utf8")}`);
  const { address } = JSON.parse((await here.dure(["start", "--json"])).stdout) as { address: string };
  try {
    const { result } = JSON.parse((await here.dure(["tokens", "create", "far", "--role", "operator", "--json"])).stdout) as { result: { token: string } };
    const there = ["--url", address, "--token-file", here.write("token", result.token)];
    const ids = (await listed(here, ...there)).map(({ id }) => id);
    assert.deepEqual([ids.length, new Set(ids).size], [1202, 1202]);
    assert.deepEqual(ids, (await listed(here)).map(({ id }) => id), "in the same order as on the machine itself");
    const records = shown(await here.dure(["dead-letters", "show", game.id, ...there]));
    assert.deepEqual([records.length, records[1499]?.record], [1500, { message: "1499" }]);
  } finally {
    await here.dure(["stop"]);
  }
});
