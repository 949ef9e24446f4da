// The old operator's test page in a real browser, opened from a file as its users have it: it works where the config lets old pages in on this machine, and is kept out where it does not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { ROOT, folder, until } from "#test/cli/run-dure.ts";
import { freePort } from "#test/servers/free-port.ts";
import { noRabbitMq, startRabbitMq } from "#test/servers/rabbitmq.ts";
import { connect } from "amqplib";
import type { Page } from "playwright-core";
import { noBrowser, testBrowser } from "../browser/browser.ts";

const PAGE = pathToFileURL(join(ROOT, "test/operator/old-page.html")).href;
const RULE = "export class TestClass { static slow({ s }: { s: number }) { return new Promise((go) => setTimeout(() => go('slept'), s * 1000)); } }\n";
const TASK = { time: "1", client_channel_id: "ABCD", company_code: "1", location: "2", direction: "1", op_code: { module: "test", class: "TestClass", function: "slow" }, op_data: { s: 600 } };

test("the old page shows workers and what they run, and starts and stops them", { skip: noBrowser || noRabbitMq, timeout: 240_000 }, async () => {
  await using rabbit = await startRabbitMq();
  await using here = folder();
  const port = await freePort();
  here.write("rules/test.ts", RULE);
  here.write("dure.yml", `agent: { data_dir: ./state }\nhttp: false\njobs:\n  rules: ./rules\n  workers: 1\n  slots: 5\n  kill_after: 100ms\n  queue: amqp://guest:guest@127.0.0.1:${rabbit.port}/\n  operator: { logs: false, websocket: { port: ${port}, open: true, origins: ["null"] } }\n`);
  const agent = here.spawn(["run", here.file("dure.yml"), "--lang", "en"]);
  await agent.printed(/the old operator's WebSocket is here/);
  await agent.printed(/jobs begun/);
  await using browser = await testBrowser();
  const { page, complaints } = await browser.open();
  await page.goto(PAGE);
  await page.fill("#url", `ws://127.0.0.1:${port}/operator/mgmt`);
  await page.click("#connect");
  await seen(page, `document.getElementById("state")?.textContent === "open"`, complaints);
  await page.fill("#interval", "50");
  await page.click("#refresh");
  await seen(page, `document.querySelectorAll("#workers tr").length === 1`, complaints);

  const broker = await connect(`amqp://guest:guest@127.0.0.1:${rabbit.port}/`);
  const channel = await broker.createChannel();
  channel.sendToQueue("ITSBOX.D.MSG_IN", Buffer.from(JSON.stringify(TASK)));
  await seen(page, `document.querySelector("#tasks tr")?.textContent?.includes("slow")`, complaints);
  assert.match((await page.locator("#workers tr").first().innerText()).replaceAll(/\s+/g, " "), /^\d+ Active 0 5 1 4 1 1 0 0 0$/);

  await page.fill("#message", '{"time":"1","location":"2","direction":"1","op_action":"start","op_target":"worker","op_detail":"2(40)","page":"old <b>page</b>"}');
  await page.click("#send");
  await seen(page, `document.querySelectorAll("#workers tr").length === 3`, complaints);
  await seen(page, `document.getElementById("received")?.textContent?.includes('"success": "1"')`, complaints);
  await page.fill("#message", '{"time":"1","location":"2","direction":"1","op_action":"stop","op_target":"management","op_detail":""}');
  await page.click("#send");
  await seen(page, `document.getElementById("state")?.textContent === "closed"`, complaints);
  await broker.close();
  agent.child.kill("SIGTERM");
  await agent.ended;
});

test("the old page is kept out where the config does not let it in, and the log says how to", { skip: noBrowser, timeout: 120_000 }, async () => {
  await using here = folder();
  const port = await freePort();
  here.write("rules/test.ts", RULE);
  here.write("dure.yml", `agent: { data_dir: ./state }\nhttp: false\njobs:\n  rules: ./rules\n  operator: { logs: false, websocket: { port: ${port}, open: true } }\n`);
  const agent = here.spawn(["run", here.file("dure.yml"), "--lang", "en"]);
  await agent.printed(/the old operator's WebSocket is here/);
  await using browser = await testBrowser();
  const { page, complaints } = await browser.open();
  await page.goto(PAGE);
  await page.fill("#url", `ws://127.0.0.1:${port}/operator/mgmt`);
  await page.click("#connect");
  await until(() => complaints.some((each) => each.includes("403")), "the browser is refused");
  await agent.printed(/kept out of the old operator's WebSocket.*origins: \[\\*"null/);
  agent.child.kill("SIGTERM");
  await agent.ended;
});

/** Until the page has it. */
async function seen(page: Page, what: string, complaints: readonly string[]): Promise<void> {
  await page.waitForFunction(what).catch((error: Error) => Promise.reject(new Error(`${what}: ${error.message}; ${complaints.join("; ")}`)));
}
