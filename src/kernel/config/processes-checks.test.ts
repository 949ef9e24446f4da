import assert from "node:assert/strict";
import { test } from "node:test";
import { levels } from "./problem.ts";
import { check, marks } from "./testing.ts";

for (const [name, text, expected] of [
  // Forms and names.
  ["a list of processes", "processes: [a, b]\n", ["DURE113 1:12"]],
  ["a map of flows", "flows: { from: a, to: b }\n", ["DURE113 1:8"]],
  ["a flow that is a text", "processes: { a: x }\nflows: [a]\n", ["DURE201 2:9"]],
  ["names that nothing can be called by", "processes:\n  a b: x\n  \"a:b\": x\n  a,b: x\n  a|b: x\n  a/b: x\n  \"it's\": x\n  .a: x\n  all: x\n  에틀: x\n", ["DURE111 2:3", "DURE111 3:3", "DURE111 4:3", "DURE111 5:3", "DURE111 6:3", "DURE111 7:3", "DURE111 8:3", "DURE111 9:3"]],
  ["two that differ by case alone", "processes:\n  Etl: x\n  etl: y\n", ["DURE112 3:3"]],
  ["a name as the Mac writes it is the same name", `processes:\n  적재: x\n  b: y\nflows: [{ from: b, to: ${"적재".normalize("NFD")} }]\n`, []],
  ["a pipeline that names one that is not there", "processes: { etl: x }\npipelines:\n  p: [in.Talk: etk, out.Stdout]\n  q: [in.Talk: { process: nobody }, out.Stdout]\n  r: [in.Talk: etl, out.Stdout]\n", ["DURE330 3:16", "DURE330 4:27"]],
  ["a pipeline that names a process where there is none", "pipelines:\n  p: [in.Talk: etl, out.Stdout]\n", ["DURE330 2:16"]],
  ["a group called as a process", "processes: { a: x }\ngroups: { A: [a] }\n", ["DURE112 2:11"]],
  ["two schedules of one name", "processes: { a: x }\nschedules:\n  - { cron: \"0 2 * * *\", process: a, message: one }\n  - { cron: \"0 2 * * *\", process: a, message: two }\n", ["DURE112 4:7"]],
  ["a key of another program", "tasks: { a: x }\nprocesses: { a: x }\n", ["DURE103 1:1"]],
  ["options of another program", "processes: { a: { cmd: x, environment: {} } }\nschedules: [{ time_format: \"* * * * *\", task: a }]\n", ["DURE207 1:19", "DURE207 1:27", "DURE207 2:15", "DURE207 2:41"]],
  // Commands and options.
  ["no command", "processes:\n  a:\n  b: {}\n  c: []\n  d: \" \"\n", ["DURE204 2:3", "DURE204 3:3", "DURE203 4:6", "DURE205 5:6"]],
  ["an unknown type", "processes: { a: { type: proces, command: x } }\n", ["DURE114 1:25"]],
  ["options of talend for another type", "processes: { a: { command: x, talend: { context: P } } }\n", ["DURE205 1:31"]],
  ["an unknown option of talend", "processes: { a: { type: talend, talend: { contxt: P } } }\n", ["DURE207 1:43"]],
  ["values outside of what can be", "processes: { a: { command: x, instances: 0, restart: alwys, stop: { signal: TERM }, limits: { memory: 1k, cpus: 0 }, line_max: 1GB } }\n", ["DURE203 1:42", "DURE202 1:54", "DURE202 1:77", "DURE205 1:103", "DURE203 1:113", "DURE205 1:128"]],
  ["a wait that shrinks", "processes: { a: { command: x, restart: { first: 1m, most: 1s } } }\n", ["DURE205 1:59"]],
  ["two probes, no probe, a status without http", "processes:\n  a: { command: x, health: { tcp: 1, line: x } }\n  b: { command: x, health: {} }\n  c: { command: x, health: { tcp: 1, status: 200 } }\n  d: { command: x, health: { http: localhost } }\n", ["DURE205 2:44", "DURE205 3:28", "DURE205 4:46", "DURE205 5:36"]],
  // What they say of one another.
  ["names that are not there", "processes: { etl: x, load: { command: x, depends_on: [etll] } }\nflows: [{ from: elt, to: [load, nobody] }]\ngroups: { g: [lod] }\nschedules: [{ cron: \"* * * * *\", process: g }]\n", ["DURE330 1:55", "DURE330 2:17", "DURE330 2:33", "DURE330 3:15", "DURE330 4:43"]],
  ["a circle of dependencies", "processes:\n  a: { command: x, depends_on: [b] }\n  b: { command: x, depends_on: { c: started } }\n  c: { command: x, depends_on: a }\n  d: { command: x, depends_on: d }\n", ["DURE331 4:32", "DURE331 5:32"]],
  ["what never is done or healthy", "processes:\n  db: x\n  a: { command: x, depends_on: { db: done } }\n  b: { command: x, depends_on: { db: healthy } }\n", ["DURE332 3:34", "DURE332 4:34"]],
  ["what is done and healthy one day", "processes:\n  db: { command: x, restart: never, health: { tcp: 1 } }\n  a: { command: x, depends_on: { db: done } }\n  b: { command: x, depends_on: { db: healthy } }\n", []],
  ["a flow to itself", "processes: { a: x, b: x }\nflows: [{ from: [a, b], to: [b] }]\n", ["DURE333 2:30"]],
  ["flows that disagree", "processes: { a: x, b: x, c: { command: x, ack: json } }\nflows:\n  - { from: a, to: [b, c], ack: line }\n  - { from: c, to: b, ack: none }\n", ["DURE334 3:33", "DURE334 4:28"]],
  ["one flow speaks for the others", "processes: { a: x, b: x, c: x }\nflows:\n  - { from: a, to: c, ack: line }\n  - { from: b, to: c }\n", []],
  ["two flows between the same two", "processes: { a: x, b: x, c: x }\nflows:\n  - { from: a, to: b }\n  - { type: share, from: a, to: [b, c] }\n  - { type: share, from: a, to: c }\n", ["DURE335 4:34", "DURE335 5:33"]],
  ["one file for many", "processes:\n  a: { command: x, instances: 2, output: { file: a.log } }\n  b: { command: x, output: { file: b.log } }\n  c: { command: x, output: { file: ./b.log } }\n", ["DURE336 2:50", "DURE336 4:36"]],
  ["a pipe of the kernel for many", "processes: { a: x, b: { command: x, instances: 2 } }\nflows: [{ from: a, to: b, view: false }]\n", ["DURE336 2:27"]],
  ["a pipe of the kernel and a probe", "processes: { a: { command: x, health: { line: ready } }, b: x }\nflows: [{ from: a, to: b, view: false }]\n", ["DURE336 2:27"]],
  ["no pipe of the kernel", "processes: { a: { command: x, health: { line: ready } }, b: x, c: x }\nflows: [{ from: a, to: [b, c], view: false }]\n", []],
  ["a circle of flows is a warning", "processes: { a: x, b: x }\nflows: [{ from: a, to: b }, { from: b, to: a }]\n", ["DURE338 2:44 w"]],
  // Schedules.
  ["times that are none", "processes: { a: x }\nschedules:\n  - { cron: \"61 * * * *\", process: a }\n  - { cron: daily, process: a }\n  - { cron: \"0 0 31 2 *\", process: a }\n", ["DURE208 3:13", "DURE208 4:13", "DURE208 5:13"]],
  ["a zone that is none", "processes: { a: x }\nschedules: [{ cron: \"* * * * *\", process: a, time_zone: Asia/Seul }]\n", ["DURE205 2:57"]],
  ["a message that nobody gets", "processes: { a: x }\nschedules: [{ cron: \"* * * * *\", process: a, action: stop, message: x }]\n", ["DURE205 2:69"]],
  // Ports and addresses.
  ["one port for two", "http: 9999\nconsole: 9999\nprocess_settings: { old_api: { on: true, host: 0.0.0.0, insecure: true, port: 9999 } }\n", ["DURE337 2:10", "DURE337 3:79"]],
  ["one port on two addresses", "console: { port: 5000, host: 127.0.0.2 }\nprocess_settings: { old_api: { on: true } }\n", []],
  ["beyond this machine", "console: { host: 0.0.0.0 }\nprocess_settings: { old_api: { host: 10.0.0.1 } }\n", ["DURE205 1:18", "DURE205 2:38"]],
  ["beyond this machine, on one's own word", "console: { host: 0.0.0.0, insecure: true }\n", []],
] as const) {
  test(`processes: ${name}`, async () => {
    const checked = await check(text);
    assert.deepEqual(marks(checked), expected, checked.problems.map(({ text: said, code }) => `${code} ${said.en}`).join("\n"));
    assert.equal(checked.plan === undefined, expected.some((mark) => !mark.endsWith(" w")));
    for (const { text: said, help } of checked.problems) assert.ok(/[가-힣]/.test(said.ko) && (help === undefined || /[가-힣]/.test(help.ko)), said.ko);
  });
}

for (const [text, suggestion] of [
  ["processes: { etl: x }\ngroups: { g: [elt] }\n", "etl"],
  ["processes: { a: { type: proces, command: x } }\n", "process"],
  ["processes: { a: x }\nschedules: [{ cron: \"* * * * *\", process: a, time_zone: Asia/Seul }]\n", "Asia/Seoul"],
  ["tasks: { a: x }\nprocesses: { a: x }\n", "processes"],
  ["processes: { a: { cmd: x } }\n", "command"],
  ["processes: { a: { command: x, stop: { signal: SIGTREM } } }\n", "SIGTERM"],
  ["proceses: { a: x }\nconsole: 9999\n", "processes"],
] as const) {
  test(`processes: ${suggestion} is what was meant`, async () => assert.equal((await check(text)).problems[0]?.suggestion, suggestion));
}

test("processes: a long chain of dependencies is followed", async () => {
  const names = Array.from({ length: 5000 }, (_, index) => `p${index}`);
  const text = `processes:\n${names.map((name, index) => `  ${name}: { command: x${index === 0 ? "" : `, depends_on: p${index - 1}`} }`).join("\n")}\n`;
  assert.deepEqual(marks(await check(text)), []);
  assert.deepEqual(marks(await check(text.replace("p0: { command: x }", "p0: { command: x, depends_on: p4999 }"))), ["DURE331 3:33"]);
});

test("processes: what this machine does not have is said before the start", async () => {
  const text = `processes:
  a: [no-such-program-at-all]
  b: { command: [sh, -c, x], cwd: /no/such/folder }
  c: { command: [./no-such.sh], cwd: / }
  d: { command: [sh], user: no-such-user-at-all }
  e: { command: ["{program}"] }
  f: no-such-program-at-all | cat
  g: [./no-such.sh]
`;
  const checked = await check(text, { levels });
  assert.deepEqual(marks(checked).filter((mark) => mark.startsWith("DURE310")), ["DURE310 2:6", "DURE310 3:35", "DURE310 4:17", "DURE310 5:29", "DURE310 8:6"]);
  const limited = await check("processes:\n  a: { command: x, limits: { cpus: 0.5, files: 64 } }\n", { levels });
  assert.ok(marks(limited).every((mark) => mark === "DURE313 2:36 w" || mark.startsWith("DURE312")), marks(limited).join(", "));
});
