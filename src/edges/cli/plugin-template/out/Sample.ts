// Appends JSON lines to a file. Put your own receiver in `write`.
import { appendFile } from "node:fs/promises";
import { resolve } from "node:path";
import { defineOutput, z } from "dure/plugin";

export default defineOutput({
  name: "Sample",
  summary: { en: "Appends JSON lines to a file.", ko: "파일 끝에 JSON을 한 줄씩 붙입니다." },
  options: z.strictObject({
    path: z.string().min(1).meta({ flag: "-p", description: "The file; relative to the config.", ko: "파일. 설정 파일 기준." }),
  }),
  shorthand: "path",
  example: "- out.Sample: out.jsonl",
  async open({ path }, { configDir }) {
    const file = resolve(configDir, path);
    return {
      /** Resolves only when the other side has the batch; whatever it throws is tried again. */
      async write(batch) {
        let text = "";
        for (let row = 0; row < batch.rows; row += 1) if (batch.isKept(row)) text += `${JSON.stringify(batch.record(row))}\n`;
        await appendFile(file, text);
        return { bytes: Buffer.byteLength(text) };
      },
      async close() {},
    };
  },
});
