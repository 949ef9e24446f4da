// Hands the stream to a program: the batch is written to a temporary file, `cmd <input> <output>` is run, and what it
// leaves in the output file goes on as the stream. A run that fails is tried again with the same batch, so the program
// must bear to see a batch twice. Whatever happens, the temporary files go and nothing it started keeps running.
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import iconv from "iconv-lite";
import { backoffMs } from "#base/backoff.ts";
import { systemCode, toError } from "#base/errors.ts";
import { Batch } from "#dataplane/batch.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import { encoding } from "#sdk/encoding-option.ts";
import { duration, size } from "#sdk/options.ts";
import { defineThrough, z } from "#sdk/plugin.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import { withPaths } from "./exec/command-line.ts";
import { CommandError, runCommand } from "./exec/run-command.ts";
import { payloadOf } from "./parts/payload.ts";
import { timeOptions, timeStyles } from "./parts/time-style.ts";

const TAG_CHARACTERS_MAX = 1000;

const options = z.strictObject({
  cmd: z.union([z.string().min(1), z.array(z.string()).min(1)]).meta({
    description:
      "Command for the shell, or a list of program and arguments without a shell. {input} and {output} stand for the two files; without them both paths are added at the end.",
    ko: "셸 명령, 또는 셸 없이 실행할 프로그램과 인자 목록. {input}, {output}이 두 파일로 바뀝니다. 없으면 두 경로를 끝에 붙입니다.",
  }),
  format: z.enum(["auto", "lines", "json"]).default("auto").meta({
    description: "What the input file holds. auto: text lines as they are, records as JSON lines.",
    ko: "입력 파일의 내용. auto: 줄은 그대로, 레코드는 JSON 한 줄씩.",
  }),
  result: z.enum(["lines", "json", "none"]).default("lines").meta({
    description: "What the output file holds: lines, JSON lines that become records, or none: the stream goes on as it was.",
    ko: "출력 파일의 내용: lines(줄), json(레코드가 되는 JSON 줄), none(원래 스트림이 그대로 이어짐).",
  }),
  input_encoding: encoding().meta({ description: "Encoding of the input file.", ko: "입력 파일의 인코딩." }),
  output_encoding: encoding().meta({ description: "Encoding of the output file.", ko: "출력 파일의 인코딩." }),
  timeout: duration()
    .prefault("60s")
    .meta({ description: "The command and all it started are ended after this time.", ko: "이 시간이 지나면 명령과 그 자식을 모두 끝냅니다." }),
  result_max: size().prefault("32MB").meta({ description: "A bigger output file is an error.", ko: "출력 파일이 이보다 크면 오류입니다." }),
  ...timeOptions({ zone: "utc" }),
});
type Options = z.output<typeof options>;

export const exec = defineThrough({
  name: "Exec",
  summary: {
    en: "Runs a program over each batch by way of temporary files; its result goes on as the stream.",
    ko: "배치마다 임시 파일로 프로그램을 실행하고, 그 결과를 스트림으로 이어 갑니다.",
  },
  options,
  shorthand: "cmd",
  example: '- out.Exec:\n    cmd: "/usr/bin/r /etc/detect_abuse.r"',
  async open(given, context) {
    // A folder of our own, emptied first: a crash may have left files behind.
    const dir = join(context.dataDir, `exec-${context.step}`);
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const styleAt = timeStyles(given);
    let runs = 0;

    async function runOnce(batch: Batch, signal: AbortSignal): Promise<Batch | undefined> {
      runs += 1;
      const paths = { input: join(dir, `${runs}.in`), output: join(dir, `${runs}.out`) };
      try {
        await writeInput(paths.input, batch, given, styleAt(batch.facts.seconds));
        const env = { ...process.env, DURE_INPUT: paths.input, DURE_OUTPUT: paths.output, DURE_TAG: asVariable(batch.tag) };
        await runCommand(withPaths(given.cmd, paths), { cwd: context.configDir, env, timeoutMs: given.timeout, signal });
        return given.result === "none" ? batch.retain() : await readResult(paths.output, batch, given, context);
      } finally {
        await rm(paths.input, { force: true });
        await rm(paths.output, { force: true });
      }
    }

    return {
      async apply(batch, signal) {
        try {
          for (let failures = 1; ; failures += 1) {
            try {
              return await runOnce(batch, signal);
            } catch (error) {
              if (signal.aborted || context.mode === "test") throw error;
              context.count("exec_failures_total");
              const waitMs = backoffMs(failures);
              if (failures === 1) context.log.warn("the command failed; running it again until it succeeds", { waitMs, error: toError(error) });
              await context.clock.pause(waitMs, signal);
              if (signal.aborted) throw error;
            }
          }
        } finally {
          batch.release();
        }
      },
      async close() {
        await rm(dir, { recursive: true, force: true });
      },
    };
  },
});

async function writeInput(path: string, batch: Batch, { format, input_encoding: name }: Options, style: Parameters<typeof payloadOf>[2]): Promise<void> {
  const slice = payloadOf(batch, format, style);
  try {
    await writeFile(path, isUtf8(name) ? slice.bytes : iconv.encode(slice.bytes.toString("utf8"), name), { flag: "wx", mode: 0o600 });
  } finally {
    slice.release();
  }
}

/** A tag may come from the network: no variable holds a NUL, and all of them together have a bound. */
function asVariable(tag: string): string {
  return tag.slice(0, TAG_CHARACTERS_MAX).replaceAll("\0", "_");
}

async function readResult(
  path: string,
  batch: Batch,
  { result, output_encoding: name, result_max: bytesMax }: Options,
  { pool, count }: PluginContext,
): Promise<Batch | undefined> {
  const text = await readOutput(path, bytesMax);
  const bytes = isUtf8(name) ? text : Buffer.from(iconv.decode(text, name));
  if (bytes.length === 0) return undefined;
  if (result === "json") {
    const records = bytes
      .toString("utf8")
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map(recordOf);
    const odd = records.filter((record) => "message" in record && Object.keys(record).length === 1).length;
    if (0 < odd) count("exec_lines_unparsed_total", odd);
    return records.length === 0 ? undefined : batchOfRecords(pool, records, batch.facts);
  }
  const isWhole = bytes.at(-1) === 10;
  const chunk = pool.take(bytes.length + 1);
  chunk.bytes.set(bytes);
  if (!isWhole) chunk.bytes[bytes.length] = 10;
  return Batch.lines(chunk, 0, bytes.length + (isWhole ? 0 : 1), batch.facts);
}

async function readOutput(path: string, bytesMax: number): Promise<Buffer> {
  try {
    const { size: bytes } = await stat(path);
    if (bytesMax < bytes) throw new CommandError(`the command's output of ${bytes} bytes is over result_max (${bytesMax})`);
    return await readFile(path);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    throw new CommandError("the command ended with 0 but made no output file; with `result: none` it need not", { cause: error });
  }
}

/** A line that is no JSON object stays readable as a message. */
function recordOf(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Not JSON: kept as text below.
  }
  return { message: line };
}

function isUtf8(name: string): boolean {
  return /^utf-?8$/i.test(name);
}
