// Jobs from the dashboard alone: before a real agent one is submitted, fails, is put right and run again, workers are started and stopped, and a message of the
// old operator is answered; before a fake one every screen is whole in both languages and themes, and what is done with many says its number first.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { folder, until } from "../cli/run-dure.ts";
import { axeViolations, noBrowser, testBrowser, tooWide } from "./browser.ts";
import type { OpenPage, TestBrowser } from "./browser.ts";
import { fakeAgent, forever, noDashboard } from "./fake-agent.ts";
import type { Answers, FakeAgent } from "./fake-agent.ts";
import { jobAnswers } from "./fake-jobs.ts";
import { officeAnswers } from "./fake-office.ts";
import { pipelineAnswers } from "./fake-pipelines.ts";
import { processAnswers } from "./fake-processes.ts";
import { realAgent } from "./real-agent.ts";

const skip = noBrowser || noDashboard;
const KNOWN = { user: { name: "홍길동", role: "admin" }, host: "test-host", version: "0.1.0", isSetupOpen: false };
const all = (more = {}) => ({ ...pipelineAnswers(), ...processAnswers(), ...officeAnswers(), ...jobAnswers(), ...more });

async function openAt(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.locator("main h1").first().waitFor();
}

const RULE = `export class TestClass {
  static callme(args: { arg1?: string }) {
    console.log("받은 값:", args.arg1);
    if (args.arg1 === undefined || args.arg1 === "") throw new TypeError("arg1이 없습니다");
    return { 인사: "안녕하세요, " + args.arg1 };
  }
}
`;

test("jobs: one is submitted, fails, is put right and run again; workers start and stop; an old message is answered", { skip, timeout: 300_000 }, async () => {
  await using here = folder();
  await using browser = await testBrowser();
  mkdirSync(join(here.path, "rules", "test"), { recursive: true });
  writeFileSync(join(here.path, "rules", "test", "module.ts"), RULE);
  const agent = await realAgent(here, "  idle:\n    - in.FakeData: { type: people, rate: 1, count: 0 }\n    - out.File: { path: people.ndjson }\njobs: { rules: ./rules, workers: 1, attempts: 1 }\n");
  await using _stopped = { [Symbol.asyncDispose]: async () => void (await here.dure(["stop", "-c", "dure.yml"])) };
  const { page, complaints } = await browser.open({ language: "ko", cookies: [await agent.cookie()] });

  // Nothing yet: the page shows what fills it, and by the rules' list the first one is run.
  await openAt(page, `${agent.url}/jobs`);
  await page.locator(".first-rule", { hasText: "jobs: ./rules" }).waitFor();
  await openAt(page, `${agent.url}/operator?tab=rules`);
  const rule = page.locator("tbody tr", { hasText: "test.module:TestClass.callme" });
  await rule.locator(".popup button").click();
  await page.locator(".menu-item", { hasText: "실행…" }).click();
  await page.locator("dialog textarea").fill('{"arg1": ""}');
  await page.locator("dialog form .button.main").click();
  await page.waitForURL(/\/jobs\/[^?]+$/);
  await page.locator(".page-title .state", { hasText: "실패" }).waitFor();
  await page.locator(".job-trouble", { hasText: "arg1이 없습니다" }).waitFor();
  await page.locator(".job-stack", { hasText: "module.ts" }).waitFor();
  await page.locator(".printed", { hasText: "받은 값:" }).waitFor();

  // With other input: what is no JSON is not sent; what is changed is shown before and after.
  await page.getByRole("button", { name: "입력을 고쳐 다시 실행…" }).click();
  const field = page.locator("dialog textarea");
  await field.fill('{"arg1": "길동"');
  await page.locator("dialog .state.bad", { hasText: "1행 14열" }).waitFor();
  await page.locator("dialog form .button.main").click();
  await page.locator("dialog .failure-box", { hasText: "아직 JSON이 아닙니다" }).waitFor();
  await field.fill('{"arg1": "길동", "번호": 12345678901234567890}');
  await page.locator("dialog .difference-in", { hasText: "+2" }).waitFor();
  const failed = page.url();
  await page.locator("dialog form .button.main").click();
  await page.waitForURL((url) => url.href !== failed && url.pathname.startsWith("/jobs/"));
  await page.locator(".page-title .state", { hasText: "성공" }).waitFor();
  await page.locator(".job-value .value", { hasText: "안녕하세요, 길동" }).waitFor();
  await page.locator(".difference-row, .difference-out", { hasText: "arg1" }).first().waitFor();
  await page.locator(".job-value .value", { hasText: "12345678901234567890" }).waitFor();

  // Replayed, it is no dead letter any more; the list finds it by a word of its input.
  await openAt(page, `${agent.url}/jobs?tab=dead`);
  await page.locator(".empty h2", { hasText: "데드레터가 없습니다" }).waitFor();
  await openAt(page, `${agent.url}/jobs`);
  await page.locator(".job-search input").fill("길동");
  await page.waitForURL(/q=/);
  await until(async () => (await page.locator("tbody tr").count()) === 1, "one job has the word");

  // The old words, by a form.
  await openAt(page, `${agent.url}/operator`);
  await page.locator("tbody tr", { hasText: "Idle" }).first().waitFor();
  await page.getByRole("button", { name: "워커 시작…" }).click();
  await page.locator("dialog input[type=number]").first().fill("2");
  await page.locator("dialog input[type=number]").nth(1).fill("3");
  await page.locator("dialog code", { hasText: "start worker 2(3)" }).waitFor();
  await page.locator("dialog form .button.main").click();
  await page.locator("dialog").waitFor({ state: "detached" });
  await until(async () => (await page.locator(".operator tbody tr").count()) === 3, "three workers are shown");
  await page.getByRole("button", { name: "워커 정지…" }).click();
  await page.locator("dialog form .button.main").click();
  await page.locator("dialog").waitFor({ state: "detached" });
  await until(async () => (await page.locator(".operator tbody tr").count()) === 2, "two workers are left");

  // The old test page's job, by its templates: replies in the order that was sent.
  await openAt(page, `${agent.url}/operator?tab=console`);
  for (const label of ["옛 설명서대로", "info worker all"]) {
    await page.locator(".message-templates .chip", { hasText: label }).click();
    await page.locator(".message-write textarea").press("Control+Enter");
  }
  await page.locator(".message-one >> nth=0").locator(".state.good", { hasText: "성공" }).waitFor();
  await page.locator(".message-one >> nth=0").locator("pre", { hasText: "안녕하세요, argument1" }).waitFor();
  await page.locator(".message-one >> nth=1").locator("pre", { hasText: '"workers": [' }).waitFor();
  await page.locator(".message-write textarea").fill("not json");
  await page.locator(".message-write .button.main").click();
  await page.locator(".message-one >> nth=2").getByText("응답 없음").waitFor();
  assert.deepEqual(complaints, []);
});

test("jobs: what is done with many says its number first, and only then does it", { skip, timeout: 300_000 }, async () => {
  await using agent = await fakeAgent(all(), KNOWN);
  await using browser = await testBrowser();
  const { page, complaints } = await browser.open();
  const asked = (method: string) => agent.calls.filter((call) => call.method === method).map(({ params }) => params);

  // Chosen rows: of those only what fits is meant.
  await openAt(page, `${agent.url}/jobs?state=failed,running`);
  await page.locator("tbody tr").first().waitFor();
  await page.locator("thead input[type=checkbox]").check();
  await page.locator(".selection-bar").getByRole("button", { name: "Retry" }).click();
  assert.match(await page.locator("dialog[open] p").first().innerText(), /^30 jobs that have ended run again/);
  assert.deepEqual(asked("jobs.retry"), []);
  await page.locator("dialog[open] .button.main").click();
  await page.locator(".notice", { hasText: "Running again: 30" }).waitFor();
  assert.equal((asked("jobs.retry")[0] as { ids: string[] }).ids.length, 30);

  // All that a search finds, by what it searches; nothing that came after the question was asked.
  await openAt(page, `${agent.url}/jobs?q=company%3D1&state=queued`);
  await page.getByRole("button", { name: "All found…" }).click();
  assert.equal(await page.locator(".menu-item", { hasText: "Retry" }).count(), 0);
  await page.locator(".menu-item", { hasText: "Cancel" }).click();
  assert.match(await page.locator("dialog[open] p").first().innerText(), /^5 jobs: those that wait/);
  await page.locator("dialog[open] .button.main").click();
  await page.locator(".notice", { hasText: "Cancelled: 5" }).waitFor();
  const { toMs, ...query } = asked("jobs.cancel")[0] as { toMs: number };
  assert.deepEqual(query, { states: ["queued"], labels: { company: "1" } });
  assert.equal(typeof toMs, "number");

  // A group of dead letters.
  await openAt(page, `${agent.url}/jobs?tab=dead`);
  const group = page.locator("tbody tr", { hasText: "POISON" }).first();
  await group.locator(".popup button").click();
  await page.locator(".menu-item", { hasText: "Replay the group" }).click();
  assert.match(await page.locator("dialog[open] p").first().innerText(), /^Dead letters: 5 \(.* POISON\)/);
  await page.locator("dialog[open] .button.main").click();
  await page.locator(".notice", { hasText: "Replayed: 5" }).waitFor();

  // `stop all` asks, and other messages do not.
  await openAt(page, `${agent.url}/operator?tab=console`);
  await page.locator(".message-templates .chip", { hasText: "stop all" }).click();
  await page.locator(".message-write .button.main").click();
  assert.match(await page.locator("dialog[open] p").first().innerText(), /ends the jobs of this agent/);
  assert.deepEqual(asked("jobs.message"), []);
  assert.deepEqual(complaints, []);
});

test("jobs: a search under a name is kept, each user's apart, and more is asked for page by page", { skip, timeout: 300_000 }, async () => {
  await using agent = await fakeAgent(all(), KNOWN);
  await using browser = await testBrowser();
  const { page } = await browser.open();
  await openAt(page, `${agent.url}/jobs?state=failed&q=company%3D2`);
  await page.getByRole("button", { name: "Views" }).click();
  await page.locator(".save-view input").fill("회사 2의 실패");
  await page.locator(".save-view button").click();
  await openAt(page, `${agent.url}/jobs`);
  await page.locator("tbody tr").first().waitFor();
  assert.equal(await page.locator("tbody tr").count(), 100);
  await page.getByRole("button", { name: "Show older ones" }).click();
  await until(async () => (await page.locator("tbody tr").count()) === 120, "the second page came");
  await page.getByRole("button", { name: "Views" }).click();
  await page.locator(".saved-view a", { hasText: "회사 2의 실패" }).click();
  await page.waitForURL(/state=failed/);
  assert.equal(await page.locator(".job-search input").inputValue(), "company=2");
  agent.session = { ...KNOWN, user: { name: "other", role: "viewer" } };
  await openAt(page, `${agent.url}/jobs`);
  await page.getByRole("button", { name: "Views" }).click();
  assert.equal(await page.locator(".saved-view").count(), 0);
  // A viewer sees the list, and nothing of what a job was given.
  await openAt(page, `${agent.url}/jobs/01JD-detail`);
  await page.getByText("is for operators and admins").waitFor();
  assert.ok(!agent.calls.some(({ method }) => method === "jobs.show"));
});

test("jobs: notices stand beside the jobs, not among them, and what is done with many jobs spares them", { skip, timeout: 300_000 }, async () => {
  await using agent = await fakeAgent(all(), KNOWN);
  await using browser = await testBrowser();
  const { page, complaints } = await browser.open();
  const lastOf = (method: string) => agent.calls.findLast((call) => call.method === method)?.params as { readonly [name: string]: unknown } | undefined;
  await openAt(page, `${agent.url}/jobs`);
  await page.locator("tbody tr").first().waitFor();
  assert.equal(await page.locator("tbody .notice-mark").count(), 0);
  await page.locator(".kind-chips .chip", { hasText: "Notices 12" }).click();
  await until(async () => (await page.locator("tbody .notice-mark").count()) === 12, "the notices are shown");
  assert.equal(lastOf("jobs.list")?.["kind"], "notices");
  // What is searched is what is meant.
  await page.getByRole("button", { name: "All found…" }).click();
  await page.locator(".menu-item", { hasText: "Retry" }).click();
  await page.locator("dialog[open] .button.main").click();
  await page.locator(".notice", { hasText: "Running again: 12" }).waitFor();
  assert.equal(lastOf("jobs.retry")?.["kind"], "notices");
  await page.locator(".kind-chips .chip", { hasText: "Jobs 120" }).click();
  await until(async () => (await page.locator("tbody .notice-mark").count()) === 0, "jobs are shown again");

  await openAt(page, `${agent.url}/jobs?tab=dead`);
  await page.locator("tbody tr").first().waitFor();
  assert.equal(await page.locator("tbody .notice-mark").count(), 0);
  await page.locator(".kind-chips .chip", { hasText: "Both" }).click();
  const group = page.locator("tbody tr", { has: page.locator(".notice-mark") });
  await group.filter({ hasText: "UNREACHED" }).waitFor();
  assert.deepEqual(complaints, []);
});

test("notifiers: each with what it listens to and what went wrong; one is tried, its dead letters are sent again", { skip, timeout: 300_000 }, async () => {
  await using agent = await fakeAgent(all(), KNOWN);
  await using browser = await testBrowser();
  const { page, complaints } = await browser.open();
  await openAt(page, agent.url);
  await page.keyboard.press("g");
  await page.keyboard.press("i");
  const chat = page.locator("tbody tr", { hasText: "chat" });
  await chat.filter({ hasText: "pipeline.*" }).filter({ hasText: "ECONNREFUSED 10.0.0.7:443" }).waitFor();
  await page.getByRole("button", { name: "Send a test notice to chat" }).click();
  await page.locator(".notice", { hasText: "did not arrive" }).waitFor();
  await page.getByRole("button", { name: "Send a test notice to 당직-메일" }).click();
  await page.locator(".notice", { hasText: "당직-메일 has it, after 31 ms: 250 ok" }).waitFor();
  await chat.locator(".popup button").click();
  await page.locator(".menu-item", { hasText: "Send its dead letters again" }).click();
  assert.match(await page.locator("dialog[open] p").first().innerText(), /^Dead letters of chat: 6\./);
  await page.locator("dialog[open] .button.main").click();
  await page.locator(".notice", { hasText: "Sending again: 6" }).waitFor();
  const sent = agent.calls.findLast(({ method }) => method === "jobs.retry")?.params as { readonly ids: readonly string[] } | undefined;
  assert.equal(sent?.ids.length, 6);
  await chat.getByRole("link", { name: "6", exact: true }).click();
  await page.waitForURL(/\/jobs\?rule=.*chat&state=failed$/);
  await until(async () => (await page.locator("tbody .notice-mark").count()) === 6, "its dead letters are shown");
  assert.deepEqual(complaints.filter((line) => !line.includes("status of")), []);
});

test("jobs: an agent with nothing but jobs has an overview of them, and no empty figures of pipelines", { skip, timeout: 300_000 }, async () => {
  const nothing = { "pipelines.watch": ({ emit, signal }: Parameters<Answers[string]>[0]) => (emit({ atMs: Date.now(), pipelines: [] }), forever(signal)), "processes.list": () => ({ processes: [] }), "dead-letters.list": () => ({ letters: [], total: 0 }) };
  await using agent = await fakeAgent(all(nothing), KNOWN);
  await using browser = await testBrowser();
  for (const [theme, language] of [["light", "en"], ["dark", "ko"]] as const) {
    const { page, complaints } = await browser.open({ theme, language });
    await openAt(page, agent.url);
    await page.locator(".overview-main tbody tr", { hasText: "aws.Region:SizeList.get" }).locator("a", { hasText: "27" }).waitFor();
    await page.locator(".workers-now li", { hasText: "4711" }).locator(".meter", { hasText: "100" }).waitFor();
    await page.locator(".overview-main canvas").waitFor();
    await page.locator(".health a", { hasText: language === "en" ? "6 notices did not arrive" : "알림 6건 전달 실패" }).waitFor();
    assert.equal(await page.locator(".tiles .tile").count(), 5);
    assert.deepEqual(await axeViolations(page), []);
    await page.setViewportSize({ width: 360, height: 760 });
    assert.deepEqual(await tooWide(page), []);
    await page.locator(".overview-main li a", { hasText: "test.module:TestClass.callme" }).first().click();
    await page.waitForURL(/\/jobs\/01JD/);
    assert.deepEqual(complaints, []);
  }
});

test("jobs: a queue that is away is said on the overview, in the bell and on the operator's desk", { skip, timeout: 300_000 }, async () => {
  await using agent = await fakeAgent(all(jobAnswers({ state: { is: "away", why: "connect ECONNREFUSED 127.0.0.1:5672", sinceMs: Date.now() - 60_000 } })), KNOWN);
  await using browser = await testBrowser();
  const { page } = await browser.open();
  await openAt(page, agent.url);
  await page.locator(".health a", { hasText: "The job queue is away: connect ECONNREFUSED" }).waitFor();
  await page.locator(".bell").click();
  await page.locator(".bell-panel li", { hasText: "ECONNREFUSED 127.0.0.1:5672" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("m");
  await page.locator(".queue-link .state.bad", { hasText: "away" }).waitFor();
});

test("jobs: an agent without any shows how to have some, and looks again by itself", { skip, timeout: 300_000 }, async () => {
  const none = () => {
    throw Object.assign(new Error("this agent runs no jobs"), { code: "CONFLICT" });
  };
  let hasJobs = false;
  const with_ = jobAnswers();
  const answers = Object.fromEntries(Object.entries(with_).map(([name, answer]) => [name, (call: Parameters<typeof answer>[0]) => (hasJobs ? answer(call) : none())]));
  await using agent = await fakeAgent(all(answers), KNOWN);
  await using browser = await testBrowser();
  const { page } = await browser.open();
  for (const path of ["/jobs", "/jobs?tab=dead", "/operator", "/operator?tab=rules"]) {
    await openAt(page, agent.url + path);
    await page.locator(".first-rule h2", { hasText: "this agent runs no jobs" }).first().waitFor();
    assert.equal(await page.locator(".first-rule").count(), 1, path);
  }
  await page.locator(".first-rule label", { hasText: "Python" }).click();
  await page.locator(".first-rule pre", { hasText: "@staticmethod" }).waitFor();
  hasJobs = true;
  await page.locator("tbody tr", { hasText: "test.module:TestClass.callme" }).waitFor();
});

const screens: Readonly<Record<string, { readonly path: string; readonly shows: string; readonly press?: string }>> = {
  jobs: { path: "/jobs", shows: "tbody tr:nth-child(50)" },
  "jobs, none fits": { path: "/jobs?q=nothing-is-called-so", shows: ".empty" },
  "a job": { path: "/jobs/01JD-detail", shows: ".difference" },
  "a job that failed": { path: "/jobs/01JD000998", shows: ".job-stack" },
  "a job that is not there": { path: "/jobs/no-such", shows: ".empty" },
  "retry with other input": { path: "/jobs/01JD-detail", shows: "dialog textarea", press: ".page-actions .button >> nth=1" },
  "dead letters": { path: "/jobs?tab=dead", shows: "tbody tr:nth-child(6)" },
  "dead letters, notices too": { path: "/jobs?tab=dead&kind=all", shows: "tbody .notice-mark" },
  notices: { path: "/jobs?kind=notices", shows: "tbody .notice-mark" },
  notifiers: { path: "/notifiers", shows: "tbody tr:nth-child(3)" },
  operator: { path: "/operator", shows: ".thread-message" },
  "start workers": { path: "/operator", shows: "dialog form", press: ".list-bar .button.main" },
  rules: { path: "/operator?tab=rules", shows: "tbody tr:nth-child(3)" },
  console: { path: "/operator?tab=console", shows: ".message-one pre", press: ".message-write .button.main" },
  views: { path: "/jobs", shows: ".save-view", press: ".job-bar .popup button" },
};

for (const theme of ["light", "dark"] as const) {
  for (const language of ["en", "ko"] as const) {
    describe(`jobs: every screen of them is whole, ${theme}, ${language}`, { skip }, () => {
      let browser: TestBrowser;
      let agent: FakeAgent;
      let open: OpenPage;
      before(async () => {
        browser = await testBrowser();
        agent = await fakeAgent(all(), KNOWN);
        open = await browser.open({ theme, language });
      });
      after(async () => {
        await browser[Symbol.asyncDispose]();
        await agent[Symbol.asyncDispose]();
      });
      for (const [name, { path, shows, press }] of Object.entries(screens)) {
        test(name, async () => {
          const { page, complaints } = open;
          await page.setViewportSize({ width: 1440, height: 900 });
          await openAt(page, agent.url + path);
          if (press !== undefined) await page.locator(press).first().click();
          await page.locator(shows).first().waitFor({ state: "attached" });
          assert.deepEqual(await axeViolations(page), []);
          await page.setViewportSize({ width: 360, height: 760 });
          await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))");
          assert.deepEqual(await tooWide(page), [], "360 pixels");
          assert.deepEqual(complaints.splice(0), []);
        });
      }
    });
  }
}
