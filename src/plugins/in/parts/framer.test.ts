import assert from "node:assert/strict";
import { test } from "node:test";
import { recordsOf, testContext } from "#sdk/testing.ts";
import { Framer } from "./framer.ts";
import type { Framing, FramerParts } from "./framer.ts";
import { textInput } from "./text-input.ts";

const ORDINARY = "an ordinary message";

for (const [framing, message] of [["newline", `${ORDINARY}\n`], ["nul", `${ORDINARY}\0`], ["octet_counting", `${ORDINARY.length} ${ORDINARY}`], ["auto", `${ORDINARY}\n`]] as const) {
  test(`${framing} framing: what others leave unfinished takes nothing from an ordinary message, and of a long one its beginning stays`, async () => {
    await using context = await testContext();
    let parts: FramerParts | undefined;
    const input = await textInput({ tag: "test", encoding: "utf-8", max_line: 16 << 20 }, context, async (framerOf: (framing: Framing) => FramerParts) => void (parts = framerOf(framing)));
    const client = (): Framer => new Framer(parts as FramerParts);
    // Large ones until no more fit, then small ones until not even those do.
    for (const bytes of [64 << 10, 250]) {
      const unfinished = Buffer.from(`${framing === "octet_counting" ? "16000000 " : ""}${"x".repeat(bytes)}`);
      for (let count = 0; count < 1000; count += 1) client().take(unfinished);
    }
    const torn = client();
    torn.take(Buffer.from(message.slice(0, 9)));
    torn.take(Buffer.from(message.slice(9)));
    const long = client();
    const text = "0123456789".repeat(20_000);
    if (framing === "octet_counting") long.take(Buffer.from(`${text.length} `));
    for (let at = 0; at < text.length; at += 60_000) long.take(Buffer.from(text.slice(at, at + 60_000)));
    long.end();
    const lines: string[] = [];
    let othersCut = 0;
    for (let delivery = await input.read(AbortSignal.abort()); delivery !== undefined; delivery = await input.read(AbortSignal.abort())) {
      for (const line of recordsOf(delivery.batch).map(({ message: held }) => String(held))) {
        if (line.startsWith("x")) othersCut += 1;
        else lines.push(line);
      }
      delivery.batch.release();
    }
    assert.equal(lines.length, 2);
    assert.equal(lines[0], ORDINARY);
    const cut = lines[1] ?? "";
    assert(1000 < cut.length && cut.length < text.length && text.startsWith(cut), `${cut.length} characters of the long one`);
    assert.equal(context.counts.get("lines_too_long_total"), othersCut + 1);
    assert.deepEqual(context.said.map(({ level, message: words }) => [level, words.includes("all clients")]), [["warn", true]], "it was not the longest line allowed that cut it");
    await input.close();
  });
}
