// One question to wevtutil, and its answer as text.
import type { PluginContext } from "#sdk/plugin.ts";
import { startChild } from "../parts/child.ts";
import { EventLogError, failureOf, messageFrom } from "./failure.ts";

export interface Question {
  readonly channel: string;
  /** Events behind this one; the newest one without. */
  readonly after: number | undefined;
  readonly where: string | undefined;
  readonly locale: string | undefined;
}

/** The events of one answer; each is some kilobytes. */
const EVENTS_MAX = 200;
/** What is behind that is asked for with the next question. */
const ANSWER_BYTES_MAX = 32 << 20;

export function commandLine({ channel, after, where, locale }: Question): [string, ...string[]] {
  const isNewest = after === undefined;
  const condition = isNewest ? "*" : `*[System[(EventRecordID>${after})${where === undefined ? "" : ` and (${where})`}]]`;
  return ["wevtutil", "qe", channel, `/q:${condition}`, `/f:${isNewest ? "Xml" : "RenderedXml"}`, `/rd:${isNewest}`, `/c:${isNewest ? 1 : EVENTS_MAX}`, "/uni:true", ...(locale === undefined || isNewest ? [] : [`/l:${locale}`])];
}

/** undefined: the signal asked to stop. Rejects when wevtutil fails. */
export async function askLog(question: Question, timeoutMs: number, { configDir }: PluginContext, onStderr: (line: string) => void, signal: AbortSignal): Promise<string | undefined> {
  const child = startChild(commandLine(question), { cwd: configDir, encoding: "latin1", onStderr: (line) => onStderr(messageFrom(line)) });
  let isTimeUp = false;
  const timer = setTimeout(() => {
    isTimeUp = true;
    child.end();
  }, timeoutMs);
  try {
    const parts: Buffer[] = [];
    let bytes = 0;
    while (bytes < ANSWER_BYTES_MAX) {
      const available = await child.stdout.available(signal);
      if (available === undefined) return undefined;
      if (available === 0) break;
      const part = Buffer.allocUnsafe(available);
      bytes += (await child.stdout.read(part, signal)) ?? 0;
      parts.push(part);
    }
    const isCut = ANSWER_BYTES_MAX <= bytes;
    if (isCut) child.end();
    const end = await child.ended;
    if (isTimeUp) throw new EventLogError(`wevtutil did not end within ${timeoutMs} ms`, { hint: "Give it longer with `timeout`, or ask for less with `where`." });
    if (!isCut && end.code !== 0) throw failureOf(end, question.channel);
    return textFrom(Buffer.concat(parts, bytes));
  } finally {
    clearTimeout(timer);
    await child.close();
  }
}

/** `/uni:true` gives UTF-16; a program in its place may give UTF-8. */
function textFrom(bytes: Buffer): string {
  const isWide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0x3c && bytes[1] === 0);
  return bytes.toString(isWide ? "utf16le" : "utf8").replace(/^\ufeff/, "");
}
