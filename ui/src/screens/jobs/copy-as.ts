// A job as something to keep: the command that runs it again, and a test of its rule that expects what it gave.
import type { RuleLook } from "#capabilities/jobs/jobs.ts";
import type { JobRecord } from "../../jobs/job.ts";
import { ruleParts } from "../../jobs/rule-name.ts";
import { prettyJson } from "../../parts/text/json-fault.ts";

type Job = Pick<JobRecord, "rule" | "data" | "result" | "error" | "labels">;

export function commandOf({ rule, data }: Job): string {
  return `dure job submit ${quoted(rule)} --data ${quoted(oneLine(data))} --wait`;
}

/** Of the language its rule is written in; an executable is tested by the command. */
export function testOf(job: Job, rule: Pick<RuleLook, "runtime" | "file" | "class" | "function" | "module"> | undefined): string {
  const { module, name } = ruleParts(job.rule);
  const [className, functionName] = name.includes(".") ? [name.slice(0, name.lastIndexOf(".")), name.slice(name.lastIndexOf(".") + 1)] : [undefined, name];
  if (rule?.runtime === "program") return `#!/bin/sh\n# ${title(job)}\n${commandOf(job)} --json\n`;
  return rule?.runtime === "python" ? pythonTest(job, module, className, functionName) : nodeTest(job, rule?.file ?? `${module.replaceAll(".", "/")}.ts`, className, functionName);
}

function nodeTest(job: Job, file: string, className: string | undefined, functionName: string): string {
  const call = `${className === undefined ? "" : `${className}.`}${functionName}(${oneLine(job.data)})`;
  const body = job.error !== undefined && job.result === undefined ? `await assert.rejects(async () => ${call}, { message: ${JSON.stringify(job.error.message)} });` : `assert.deepEqual(await ${call}, ${oneLine(job.result ?? "undefined")});`;
  return `import assert from "node:assert/strict";
import { test } from "node:test";
import { ${className ?? functionName} } from ${JSON.stringify(`./rules/${file}`)};

test(${JSON.stringify(title(job))}, async () => {
  ${body}
});
`;
}

function pythonTest(job: Job, module: string, className: string | undefined, functionName: string): string {
  const call = `${className === undefined ? "" : `${className}.`}${functionName}(${loads(job.data)})`;
  const body = job.error !== undefined && job.result === undefined ? `with self.assertRaises(Exception):\n            ${call}` : `self.assertEqual(${call}, ${job.result === undefined ? "None" : loads(job.result)})`;
  return `# PYTHONPATH=rules python3 -m unittest this_file.py
import json
import unittest
from ${module} import ${className ?? functionName}


class RuleTest(unittest.TestCase):
    def test_${functionName}(self):
        # ${title(job)}
        ${body}


if __name__ == "__main__":
    unittest.main()
`;
}

function loads(json: string): string {
  return `json.loads(${JSON.stringify(oneLine(json))})`;
}

function title({ rule, labels }: Job): string {
  return [rule, ...Object.entries(labels).map(([name, value]) => `${name}=${value}`)].join(" ").replaceAll(/[\r\n]+/g, " ");
}

function oneLine(json: string): string {
  return prettyJson(json, 0);
}

/** For a POSIX shell. */
function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
