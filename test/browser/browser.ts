// A real browser for tests of the dashboard: the system's Chromium, with what it says on its console, what axe finds, and what is too wide.
import { existsSync } from "node:fs";
import axe from "axe-core";
import { chromium } from "playwright-core";
import type { Browser, BrowserContext, Page } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "C:/Program Files/Google/Chrome/Application/chrome.exe"];
const place = PLACES.find((each) => existsSync(each));
/** Why tests that need one are left out. */
export const noBrowser = place === undefined && "there is no Chromium on this machine";

export interface Sight {
  readonly theme?: "light" | "dark";
  readonly language?: "en" | "ko";
  readonly contrast?: "no" | "high";
  readonly width?: number;
  readonly height?: number;
  readonly timeZone?: string;
  /** Cookies of a login. */
  readonly cookies?: readonly { readonly name: string; readonly value: string; readonly url: string }[];
}

export interface OpenPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors and warnings of the console, and failed requests, so far. */
  readonly complaints: string[];
}

export interface TestBrowser {
  open(sight?: Sight): Promise<OpenPage>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How long what must come may take. */
const WITHIN_MS = 60_000;

/** The tests of a file have one program between them, and each its own visitors: its start costs more than many a test. It ends when none has used it for so long. */
const UNUSED_MS = 300;
let program: Promise<Browser> | undefined;
let users = 0;
let ending: NodeJS.Timeout | undefined;

export async function testBrowser(): Promise<TestBrowser> {
  const args = ["--disable-dev-shm-usage", "--force-color-profile=srgb", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])];
  clearTimeout(ending);
  users += 1;
  const browser = await (program ??= chromium.launch({ executablePath: place ?? "", args }));
  const contexts: BrowserContext[] = [];
  return {
    async open({ theme = "light", language = "en", contrast = "no", width = 1440, height = 900, timeZone = "Asia/Seoul", cookies = [] } = {}) {
      const context = await browser.newContext({ viewport: { width, height }, locale: language === "ko" ? "ko-KR" : "en-GB", colorScheme: theme, reducedMotion: "reduce", timezoneId: timeZone });
      contexts.push(context);
      context.setDefaultTimeout(WITHIN_MS);
      if (0 < cookies.length) await context.addCookies([...cookies]);
      await context.addInitScript({ content: `if (location.protocol !== "about:") for (const [name, value] of ${JSON.stringify([["theme", theme], ["language", language], ["contrast", contrast]])}) if (localStorage.getItem("dure." + name) === null) localStorage.setItem("dure." + name, value);` });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
      });
      page.on("pageerror", (error) => complaints.push(`thrown: ${error.message}`));
      page.on("requestfailed", (request) => {
        const why = request.failure()?.errorText;
        if (why !== "net::ERR_ABORTED") complaints.push(`failed: ${request.url()} ${why}`); // That one the page gave up itself, by being left for instance.
      });
      return { page, context, complaints };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(contexts.map((context) => context.close()));
      users -= 1;
      if (users === 0) ending = setTimeout(() => void end(), UNUSED_MS);
    },
  };
}

async function end(): Promise<void> {
  const ended = program;
  program = undefined;
  await (await ended)?.close();
}

/** What axe has against the page, one line each. */
export async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    interface Found {
      readonly violations: readonly { readonly id: string; readonly help: string; readonly nodes: readonly { readonly target: unknown; readonly failureSummary?: string }[] }[];
    }
    const { axe: inPage } = globalThis as unknown as { axe: { run(options: object): Promise<Found> } };
    const { violations } = await inPage.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary = "" }) => `${id}: ${help}: ${JSON.stringify(target)} ${failureSummary.replaceAll(/\s+/g, " ")}`));
  });
}

/** What makes the page wider than its window; nothing may, but what scrolls by itself. */
export async function tooWide(page: Page): Promise<string[]> {
  let found = await tooWideNow(page);
  // A page that has just been made narrow is drawn anew in its own time.
  for (let patience = 20; 0 < found.length && 0 < patience; patience -= 1) {
    await page.waitForTimeout(100);
    found = await tooWideNow(page);
  }
  return found;
}

function tooWideNow(page: Page): Promise<string[]> {
  return page.evaluate(`(() => {
    const most = document.documentElement.clientWidth;
    const hides = (element) => element.closest("[inert], .rail:not(.open), .skip, .unseen") !== null || getComputedStyle(element).visibility === "hidden";
    const leaves = ({ left, right, width }) => 0 < width && (right > most + 1 || left < -1);
    const scrolls = (element) => { for (let at = element.parentElement; at !== null; at = at.parentElement) if (getComputedStyle(at).overflowX !== "visible") return true; return false; };
    return [...document.querySelectorAll("body *")].filter((element) => !hides(element) && leaves(element.getBoundingClientRect()) && !scrolls(element)).slice(0, 10).map((element) => element.tagName + "." + element.getAttribute("class") + " " + Math.round(element.getBoundingClientRect().right));
  })()`);
}
