// A person who knows processes only from the dashboard, before a real agent: he adds one by a form, watches what it prints, sends it lines, sees why
// another ends again and again, joins two by a flow, and speaks EventFlow's words to its console.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { folder, until } from "../cli/run-dure.ts";
import type { Folder } from "../cli/run-dure.ts";
import { noBrowser, testBrowser } from "./browser.ts";
import { fakeAgent, noDashboard } from "./fake-agent.ts";
import { officeAnswers } from "./fake-office.ts";
import { pipelineAnswers } from "./fake-pipelines.ts";
import { printed, processAnswers } from "./fake-processes.ts";
import { realAgent } from "./real-agent.ts";

const skip = noBrowser || noDashboard || (process.platform === "win32" && "the programs of these trials are of POSIX");

const ECHO = 'process.stdin.setEncoding("utf8"); let rest = ""; process.stdin.on("data", (text) => { const lines = (rest + text).split("\\n"); rest = lines.pop(); for (const line of lines) console.log("처리: " + line); });';
const CRASH = 'console.error("\\u001b[31mValueError: 값이 없습니다\\u001b[0m"); process.exit(3);';

function programs(here: Folder): string {
  for (const [name, text] of [["echo.mjs", ECHO], ["crash.mjs", CRASH]] as const) writeFileSync(join(here.path, name), text);
  const node = JSON.stringify(process.execPath);
  return `  idle:
    - in.FakeData: { type: people, rate: 1, count: 0 }
    - out.File: { path: people.ndjson }
processes:
  # 받은 줄을 되돌립니다.
  echo: { command: [${node}, echo.mjs], cwd: ., env: { DB_PASSWORD: hunter2 } }
  crash: { command: [${node}, crash.mjs], cwd: . }
`;
}

/** What the agent keeps alive ends with it only when it is asked to end. */
function ended(here: Folder): AsyncDisposable {
  return { [Symbol.asyncDispose]: async () => void (await here.dure(["stop", "-c", "dure.yml"])) };
}

async function openAt(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.locator("h1").first().waitFor();
}

test("processes: added by a form, watched, sent lines, stopped and removed, and the file says so", { skip, timeout: 300_000 }, async () => {
  await using here = folder();
  await using browser = await testBrowser();
  const agent = await realAgent(here, programs(here));
  await using _stopped = ended(here);
  const { page, complaints } = await browser.open({ language: "ko", cookies: [await agent.cookie()] });
  const file = (): string => readFileSync(join(here.path, "dure.yml"), "utf8");

  // Why one does not stay: the code, and what it said last, without the colours' signs.
  await openAt(page, `${agent.url}/processes`);
  const crash = page.locator("tbody tr", { hasText: "crash" });
  await crash.locator(".badge", { hasText: "반복 종료" }).waitFor();
  await crash.getByText(/다시 시도: 종료 코드 3 “ValueError: 값이 없습니다”/).waitFor();

  // By the form; what it shows is what stands in the file then, beside the comments that were there.
  await page.getByRole("button", { name: "프로세스 추가" }).click();
  await page.locator("[name=name]").fill("둘째");
  await page.locator("#command").fill(`"${process.execPath}" echo.mjs`);
  await page.locator("#cwd").fill(".");
  const shown = page.locator("dialog .command", { hasText: "echo.mjs" });
  await shown.waitFor();
  const [, ...lines] = (await shown.innerText()).trimEnd().split("\n");
  await page.locator("dialog form .button.main").click();
  await page.waitForURL(/%EB%91%98%EC%A7%B8$/);
  await page.locator(".page-title .state", { hasText: "실행 중" }).waitFor();
  assert.ok(file().includes(lines.join("\n")), `${file()}\n---\n${lines.join("\n")}`);
  assert.match(file(), /# 받은 줄을 되돌립니다\./);

  // What is sent arrives once, though Enter ends a Korean syllable; what it prints is seen at once.
  const field = page.locator(".send-line input");
  await field.focus();
  await field.fill("안녕");
  await field.dispatchEvent("compositionstart");
  await field.dispatchEvent("compositionend");
  await field.press("Enter");
  await page.locator(".output-row.stdout", { hasText: "처리: 안녕" }).waitFor();
  await field.fill("끝");
  await field.press("Enter");
  await page.locator(".output-row.stdout", { hasText: "처리: 끝" }).waitFor();
  assert.equal(await page.locator(".output-row.stdin", { hasText: "안녕" }).count(), 1);
  await field.press("ArrowUp");
  assert.equal(await field.inputValue(), "끝");

  // What will happen is said before it does, with the command and its number.
  await page.locator(".page-actions").getByRole("button", { name: "정지" }).click();
  assert.match(await page.locator("dialog[open] p").first().innerText(), /둘째 \(.*echo\.mjs, PID \d+\)/);
  await page.locator("dialog[open] .button.main").click();
  await page.locator(".page-title .state", { hasText: "정지" }).waitFor();

  // Its lines of the config, and only those, are changed here; a secret among them stays what it is.
  await openAt(page, `${agent.url}/processes/echo?tab=config`);
  const definition = page.locator("textarea[name=definition]");
  await definition.waitFor();
  assert.match(await definition.inputValue(), /DB_PASSWORD: \[hidden/);
  await definition.fill((await definition.inputValue()).replace("cwd: .", "cwd: ., start: manual"));
  await page.locator(".card form .button.main").click();
  await page.locator(".notice", { hasText: "수정했습니다" }).waitFor();
  assert.match(file(), /echo: \{ command: .*start: manual, env: \{ DB_PASSWORD: hunter2 \} \}/);
  await openAt(page, `${agent.url}/processes/${encodeURIComponent("둘째")}`);

  await page.locator(".page-actions").getByRole("button", { name: "삭제" }).click();
  await page.locator("dialog[open] .button.main").click();
  await until(() => !file().includes("둘째"), "it is taken out of the file");
  assert.deepEqual(complaints.filter((each) => !/404|ERR_/.test(each)), []);
});

test("processes: two are joined by a flow that is drawn, and the console shows the same", { skip, timeout: 300_000 }, async () => {
  await using here = folder();
  await using browser = await testBrowser();
  const agent = await realAgent(here, `${programs(here)}  last: { command: [${JSON.stringify(process.execPath)}, echo.mjs], cwd: . }\n`);
  await using _stopped = ended(here);
  const { page, complaints } = await browser.open({ cookies: [await agent.cookie()] });
  await openAt(page, `${agent.url}/flows`);
  await page.getByRole("button", { name: "Add a flow" }).click();
  await page.locator(".picker-field", { hasText: "From" }).getByText("echo", { exact: true }).click();
  await page.locator(".picker-field", { hasText: "To" }).getByText("last", { exact: true }).click();
  await page.locator("dialog[open] form .button.main").click();
  await page.locator(".link.flow-broad").first().waitFor();

  // The console's line does what the screens show.
  await openAt(page, `${agent.url}/console`);
  const line = page.locator(".console-form input");
  for (const [said, answer] of [["shw flow", /broad\s+echo\s+last/i], ["set stdin echo:a:b,c|d", /^OK : /m], ["set stdin nobody:x", /^NOK : /m]] as const) {
    await line.fill(said);
    await line.press("Enter");
    await page.locator(".console-said", { hasText: said }).locator("pre", { hasText: answer }).waitFor();
  }
  await line.press("ArrowUp");
  await line.press("ArrowUp");
  assert.equal(await line.inputValue(), "set stdin echo:a:b,c|d");
  await openAt(page, `${agent.url}/processes/last`);
  await page.locator(".output-row.stdout", { hasText: "처리: 처리: a:b,c|d" }).waitFor();

  // Arrow keys walk from box to box, Enter opens one.
  await openAt(page, `${agent.url}/flows`);
  await page.locator(".link.flow-broad").first().waitFor(); // Boxes may be there before the ways between them.
  await page.locator(".process-box[data-id=last]").focus(); // By hand: the way back leads to the box that Tab would have led to.
  await page.keyboard.press("ArrowLeft");
  await page.locator(".process-box[data-id=echo]:focus").waitFor();
  await page.keyboard.press("ArrowRight");
  await page.locator(".process-box[data-id=last]:focus").waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/processes\/last$/);
  assert.deepEqual(complaints, []);
});

test("processes: what is held does not move, what is searched for is marked, and no line is more than text", { skip, timeout: 300_000 }, async () => {
  let more: (() => void) | undefined;
  await using agent = await fakeAgent({
    ...pipelineAnswers(),
    ...processAnswers(),
    "processes.follow": ({ emit, signal }) => {
      let id = 0;
      const send = (stream: string, text: string): void => emit({ id: (id += 1), atMs: id, instance: 1, stream, text });
      for (const [stream, text] of printed) send(stream, text);
      more = () => send("stdout", `한 줄 더 ${id}`);
      return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    },
  });
  await using browser = await testBrowser();
  const { page, complaints } = await browser.open();
  await openAt(page, `${agent.url}/processes/load`);
  await page.locator(".output-row", { hasText: "<script>alert(1)</script>" }).waitFor();
  await page.locator(".output-row .ansi-2", { hasText: "처리 완료" }).waitFor();
  await page.locator(".output .bar").getByRole("button", { name: "Hold" }).click();
  const before = await page.locator(".output-row").allInnerTexts();
  for (let count = 0; count < 523; count += 1) more?.();
  await page.locator(".output .badge", { hasText: "+523 new" }).waitFor();
  assert.deepEqual(await page.locator(".output-row").allInnerTexts(), before);
  await page.locator(".output [data-filter]").fill("처리");
  await page.locator(".output-row mark", { hasText: "처리" }).first().waitFor();
  await page.locator(".output .bar").getByRole("button", { name: /Go on/ }).click();
  await page.locator(".output-row", { hasText: "한 줄 더 526" }).waitFor();
  assert.deepEqual(complaints, []);
});

test("processes: a program is uploaded with its progress, and an earlier version is a click away", { skip, timeout: 300_000 }, async () => {
  await using agent = await fakeAgent({ ...pipelineAnswers(), ...processAnswers(), ...officeAnswers({ isEmpty: true }), "programs.use": ({ params }) => ({ version: params["version"] }) });
  await using browser = await testBrowser();
  const { page } = await browser.open();
  const posted: string[] = [];
  await page.route("**/api/programs/**", async (route) => {
    posted.push(`${route.request().method()} ${new URL(route.request().url()).pathname} ${route.request().postDataBuffer()?.toString("utf8").includes("print(1)")}`);
    await route.fulfill({ status: 200, contentType: "application/json", body: JSON.stringify({ version: 3, fileName: "etl.py", bytes: 8, sha256: "ef".repeat(32), atMs: 1, by: "hong", isCurrent: true }) });
  });
  await openAt(page, `${agent.url}/processes/load?tab=programs`);
  await page.locator("tbody tr").first().waitFor();
  await page.locator(".drop input[type=file]").setInputFiles({ name: "etl.py", mimeType: "text/x-python", buffer: Buffer.from("print(1)") });
  await page.locator(".notice", { hasText: "etl.py is version 3 now" }).waitFor();
  assert.deepEqual(posted, ["POST /api/programs/load/file true"]);
  await page.locator("tbody tr", { hasText: "kim" }).locator(".popup button").click();
  await page.locator(".menu-item", { hasText: "Use this version" }).click();
  await page.locator("dialog[open] .button.main").click();
  await until(() => agent.calls.some(({ method, params }) => method === "programs.use" && JSON.stringify(params) === '{"process":"load","version":1}'), "the earlier version is asked for");
});

test("processes: bell, palette and overview know of them, and what ends one asks first", { skip, timeout: 300_000 }, async () => {
  await using agent = await fakeAgent({ ...pipelineAnswers(), ...processAnswers(), ...officeAnswers(), "processes.stop": () => ({ atMs: 1, processes: [] }) });
  await using browser = await testBrowser();
  const { page } = await browser.open();
  await openAt(page, agent.url);
  await page.locator(".health a", { hasText: "3 processes are in trouble" }).waitFor();
  await page.locator(".bell").click();
  await page.locator(".bell-panel li", { hasText: "주문-집계" }).getByText(/gave up: exit 1/).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.locator(".palette-field").fill("stop: load");
  await page.keyboard.press("Enter");
  assert.match(await page.locator("dialog[open] p").first().innerText(), /load.*100,000 events wait/);
  assert.ok(!agent.calls.some(({ method }) => method === "processes.stop"));
  await page.locator("dialog[open] .button.main").click();
  await until(() => agent.calls.some(({ method }) => method === "processes.stop"), "it is asked to stop");
});
