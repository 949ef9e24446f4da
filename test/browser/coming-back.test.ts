// What a screen shows is of the agent that runs now: after a break of the connection, after a reload, and no figure is said to be newer than it is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "#test/cli/run-dure.ts";
import { noBrowser, testBrowser } from "./browser.ts";
import { fakeAgent, forever, noDashboard } from "./fake-agent.ts";
import { officeAnswers } from "./fake-office.ts";
import { graph, pipelineAnswers } from "./fake-pipelines.ts";

const skip = noBrowser || noDashboard;
const LIMIT_MS = 300_000;

test("coming back: a list is asked for again when the connection stands again, and one that failed meanwhile comes by itself", { skip, timeout: LIMIT_MS }, async () => {
  const user = (name: string) => ({ name, role: "viewer", language: "ko", isDisabled: false, createdMs: 0 });
  let users = [user("kim")];
  await using agent = await fakeAgent({ ...pipelineAnswers(), ...officeAnswers(), "users.list": () => ({ users }) });
  await using browser = await testBrowser();
  const { page } = await browser.open();
  await page.goto(`${agent.url}/users`);
  await page.locator("tbody tr", { hasText: "kim" }).waitFor();
  agent.isAway = true;
  agent.breakConnections();
  await page.locator(".lost").waitFor();
  users = [user("park")];
  agent.isAway = false;
  await page.locator("tbody tr", { hasText: "park" }).waitFor();

  for (const [screen, row] of [["Audit", "tbody tr"], ["Logs", ".log-row"]] as const) {
    agent.isAway = true;
    agent.breakConnections();
    await page.locator(".lost").waitFor();
    await page.getByRole("navigation").getByRole("link", { name: screen, exact: true }).click();
    await page.locator(".failure-box").waitFor();
    agent.isAway = false;
    await page.locator(row).first().waitFor();
    await page.locator(".failure-box").waitFor({ state: "detached" });
  }
});

test("coming back: the page of a pipeline shows the options that a reload brought", { skip, timeout: LIMIT_MS }, async () => {
  let host = "192.168.0.1";
  const reloaded: ((event: unknown) => void)[] = [];
  const pipelines = pipelineAnswers();
  await using agent = await fakeAgent({
    ...pipelines,
    "pipelines.show": async (call) => ({ ...(await pipelines["pipelines.show"]?.(call) as object), graph: { ...graph, nodes: graph.nodes.map((node) => (node.id === "5.1" ? { ...node, options: { host } } : node)) } }),
    "events.follow": ({ params, emit, signal }) => {
      if (params["name"] === "agent.reloaded") reloaded.push(emit);
      return forever(signal);
    },
  });
  await using browser = await testBrowser();
  const { page } = await browser.open();
  await page.goto(`${agent.url}/pipelines/game-logs?node=5.1`);
  await page.locator(".node-panel", { hasText: "192.168.0.1" }).waitFor();
  await until(async () => 0 < reloaded.length, "it listens for reloads");
  host = "192.168.0.77";
  for (const emit of reloaded) emit({ id: 1, atMs: 0, name: "agent.reloaded", data: {} });
  await page.locator(".node-panel", { hasText: "192.168.0.77" }).waitFor();
});

test("coming back: the counts of a step are said to be of when they were counted", { skip, timeout: LIMIT_MS }, async () => {
  await using agent = await fakeAgent({ ...pipelineAnswers() });
  await using browser = await testBrowser();
  const { page } = await browser.open();
  await page.clock.setFixedTime(new Date("2026-11-22T10:00:00+09:00"));
  await page.goto(`${agent.url}/pipelines/game-logs?node=2`);
  await page.getByText("Counts of the step as of 10:00:00").waitFor();
  const came = page.locator(".node-panel .facts > div").nth(1);
  const before = await came.innerText();
  await page.clock.setFixedTime(new Date("2026-11-22T11:00:00+09:00"));
  await until(async () => (await came.innerText()) !== before, "the page was drawn again");
  assert.match(await page.locator(".node-panel").innerText(), /as of 10:00:00/);
});

test("coming back: who was away and missed nothing has looked now", { skip, timeout: LIMIT_MS }, async () => {
  const calm = { id: 7, atMs: Date.now() - 60_000, name: "agent.started", data: {} };
  await using agent = await fakeAgent({ ...pipelineAnswers(), "events.list": () => ({ events: [calm] }) });
  await using browser = await testBrowser();
  const { page } = await browser.open();
  const longAgo = Date.now() - 86_400_000;
  await page.addInitScript({ content: `localStorage.setItem("dure.seen", JSON.stringify({ id: 3, atMs: ${longAgo} }))` });
  await page.goto(agent.url);
  await until(async () => longAgo < (JSON.parse(await page.evaluate("localStorage.getItem('dure.seen')")) as { atMs: number }).atMs, "it is kept that it was looked at");
});
