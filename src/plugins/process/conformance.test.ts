// Every built-in type of process keeps what all of them promise. One without an arrangement fails.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { processTypeConformance } from "#sdk/conformance/process-type.ts";
import type { ProcessTypeUnderTest } from "#sdk/conformance/process-type.ts";
import type { ProcessType } from "#sdk/process-type.ts";
import { builtInProcessTypes } from "#plugins/all.ts";
import mask from "../../../examples/own-process-type/plugins/Mask.ts";

const ARRANGED: Readonly<Record<string, Omit<ProcessTypeUnderTest, "type">>> = {
  process: { place: () => ({ command: ["python3", "적재.py"] }), refused: [{ context: "Prod" }] },
  talend: {
    options: { context: "Prod", context_params: { day: "2026-11-23" } },
    refused: [{ context: "two words" }, { context_params: { "a=b": 1 } }, { job_home: true }, { contexts: "Prod" }],
    place(dir) {
      const path = join(dir, "bin");
      mkdirSync(join(path, "daily"), { recursive: true });
      for (const ending of ["sh", "bat"]) writeFileSync(join(path, "daily", `daily_run.${ending}`), "");
      return { program: { path, fileName: "daily_0.1.zip", version: 1 } };
    },
  },
};

// The one that the documentation shows, as its author would try it.
processTypeConformance({
  type: mask,
  options: { keep: 6 },
  refused: [{ keep: -1 }, { digits: 6 }],
  events: [
    { event: "홍길동 900101-1234567, 김철수 9001011234567.", printed: ["홍길동 900101-*******, 김철수 900101*******."] },
    { event: "없음 12-34", printed: ["없음 12-34"] },
  ],
  faulty: "\uFFFD\uFFFD",
});

for (const [name, load] of Object.entries(builtInProcessTypes)) {
  const arranged = ARRANGED[name];
  if (arranged === undefined) throw new Error(`say above how ${name} is to be tried`);
  processTypeConformance({ type: (await load()) as ProcessType, ...arranged });
}
