// Somebody who has never seen processes works from the dashboard alone, before a real agent: an example by a click, a program that fails and why,
// a mended one uploaded, a bad one rolled back, a flow, a message, a schedule, a group.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { folder, until } from "../cli/run-dure.ts";
import { noBrowser, testBrowser } from "./browser.ts";
import { noDashboard } from "./fake-agent.ts";
import { realAgent } from "./real-agent.ts";

const skip = noBrowser || noDashboard || (process.platform === "win32" && "the programs of these trials are of POSIX");
const IDLE = "  idle:\n    - in.FakeData: { type: people, rate: 1, count: 0 }\n    - out.File: { path: people.ndjson }\n";
const GOOD = 'process.stdin.setEncoding("utf8"); process.stdin.on("data", (text) => { for (const line of text.split("\\n")) if (line !== "") console.log("집계: " + line); });';
const BAD = 'console.error("TypeError: 합계가 없습니다"); process.exit(3);';

test("newcomer: from the first process to a group of them, by the dashboard alone", { skip, timeout: 300_000 }, async () => {
  await using here = folder();
  await using browser = await testBrowser();
  const agent = await realAgent(here, IDLE);
  await using _stopped = { [Symbol.asyncDispose]: async () => void (await here.dure(["stop", "-c", "dure.yml"])) };
  const { page, complaints } = await browser.open({ language: "ko", cookies: [await agent.cookie()] });
  const file = (): string => readFileSync(join(here.path, "dure.yml"), "utf8");
  const open = async (path: string): Promise<void> => {
    await page.goto(`${agent.url}${path}`);
    await page.locator("h1").first().waitFor();
  };

  // An empty list offers a first step; the example answers what it is sent.
  await open("/processes");
  await page.getByRole("button", { name: "예제로 시작하기" }).click();
  await page.locator("dialog .command", { hasText: "echo ready" }).waitFor(); // What will be written comes last, and moves the button.
  await page.locator("dialog form .button.main").click();
  await page.waitForURL(/\/processes\/hello$/);
  await page.locator(".output-row.stdout", { hasText: "ready" }).waitFor();
  await send(page, "세종");
  await page.locator(".output-row.stdout", { hasText: "hello, 세종" }).waitFor();

  // A program that is not there yet: it fails, and the page says why.
  await open("/processes");
  await page.getByRole("button", { name: "프로세스 추가" }).click();
  await page.locator("[name=name]").fill("집계");
  await page.locator("#command").fill(`"${process.execPath}" sum.mjs`);
  await page.locator("dialog .command", { hasText: "sum.mjs" }).waitFor();
  await page.locator("dialog form .button.main").click();
  await page.waitForURL(/%EC%A7%91%EA%B3%84$/);
  await page.locator(".output-row.stderr", { hasText: "Cannot find module" }).first().waitFor();

  // Mended by an upload; a bad version is seen and taken back.
  await upload(page, agent.url, GOOD, 1);
  await page.locator(".page-title .state", { hasText: "실행 중" }).waitFor();
  await upload(page, agent.url, BAD, 2);
  await open(`/processes/${encodeURIComponent("집계")}?tab=exits`);
  await page.locator(".last-words", { hasText: "합계가 없습니다" }).first().waitFor();
  await open(`/processes/${encodeURIComponent("집계")}?tab=programs`);
  await page.locator("tbody tr", { hasNot: page.locator(".badge") }).locator(".popup button").click();
  await page.locator(".menu-item", { hasText: "이 버전 사용" }).click();
  await page.locator("dialog[open] .button.main").click();
  await page.locator(".page-title .state", { hasText: "실행 중" }).waitFor();

  // A flow from the first to the second, and a message that goes through both.
  await open("/flows");
  await page.getByRole("button", { name: "플로우 추가" }).click();
  const [from, to] = [page.locator(".picker-field").nth(0), page.locator(".picker-field").nth(1)];
  await from.getByText("hello", { exact: true }).click();
  await to.getByText("집계", { exact: true }).click();
  await page.locator("dialog[open] form .button.main").click();
  await page.locator(".link.flow-broad").first().waitFor();
  await open("/processes/hello");
  await send(page, "첫 메시지");
  await open(`/processes/${encodeURIComponent("집계")}`);
  await page.locator(".output-row.stdout", { hasText: "집계: hello, 첫 메시지" }).waitFor();

  // A schedule says by whose clock it goes, and can be tried at once.
  await open("/schedules");
  await page.getByRole("button", { name: "일정 추가" }).click();
  await page.locator("dialog[open]").getByText(/에이전트의 시간대\(.+\) 기준/).waitFor();
  await page.locator("dialog select[name=process]").selectOption("hello");
  await page.locator("#message").fill("밤 ##DATE_TIME##");
  await page.locator("dialog[open] form .button.main").click();
  await page.locator("tbody code", { hasText: `0 2 * * * ${new Intl.DateTimeFormat().resolvedOptions().timeZone}` }).waitFor();

  // A group of both: made, stopped together, started together, made smaller, taken away.
  await open("/processes?tab=groups");
  await page.getByRole("button", { name: "그룹 추가" }).click();
  await page.locator("[name=name]").fill("밤일");
  for (const name of ["hello", "집계"]) await page.locator("dialog .picker").getByText(name, { exact: true }).click();
  await page.locator("dialog[open] form .button.main").click();
  const row = page.locator("tbody tr", { hasText: "밤일" });
  const choose = async (action: string): Promise<void> => {
    await row.locator(".popup button").click();
    await page.locator(".menu").getByRole("button", { name: action, exact: true }).click();
    await page.locator("dialog[open]").waitFor();
  };
  await row.getByText("2개 중 2개").waitFor();
  await choose("정지");
  assert.match(await page.locator("dialog[open] p").first().innerText(), /hello, 집계/);
  await page.locator("dialog[open] .button.main").click();
  await row.getByText("2개 중 0개").waitFor();
  await choose("시작");
  await page.locator("dialog[open] .button.main").click();
  await row.getByText("2개 중 2개").waitFor();
  await choose("프로세스 바꾸기…");
  await page.locator("dialog .picker").getByText("hello", { exact: true }).click();
  await page.locator("dialog[open] form .button.main").click();
  await row.getByText("1개 중 1개").waitFor();
  assert.match(file(), /밤일: *(?:\[ *집계 *\]|\n\s*- 집계)/);

  // From the list of processes into the group that is there.
  await open("/processes");
  await page.locator("tbody tr", { hasText: "hello" }).locator("input[type=checkbox]").check();
  await page.locator(".selection-bar").getByRole("button", { name: "그룹에 넣기" }).click();
  await page.locator("dialog [name=name]").fill("밤일");
  await page.locator("dialog[open] form .button.main").click();
  await open("/processes?tab=groups");
  await row.getByText("2개 중 2개").waitFor();
  await choose("삭제");
  await page.locator("dialog[open] .button.main").click();
  await until(() => !file().includes("밤일"), "the group is taken out of the file");
  assert.deepEqual(complaints.filter((each) => !/404|ERR_/.test(each)), []);
});

async function send(page: Page, line: string): Promise<void> {
  const field = page.locator(".send-line input");
  await field.fill(line);
  await field.press("Enter");
}

async function upload(page: Page, url: string, text: string, version: number): Promise<void> {
  await page.goto(`${url}/processes/${encodeURIComponent("집계")}?tab=programs`);
  await page.locator(".drop input[type=file]").setInputFiles({ name: "sum.mjs", mimeType: "text/javascript", buffer: Buffer.from(text) });
  await page.locator("tbody tr", { hasText: "sum.mjs" }).nth(version - 1).waitFor();
}
