// Results of tests as people, TAP (https://testanything.org, version 14) and JUnit readers want them.
import { say } from "#base/lang.ts";
import type { Style } from "../terminal.ts";
import { secondsText } from "../units.ts";
import type { TestResult } from "./run-test.ts";

export function testFacts(results: readonly TestResult[]): object {
  return { tests: results.map(({ test, wrong, ms }) => ({ name: test.name, pipeline: test.pipeline, place: test.place, isPassed: wrong.length === 0, wrong, ms: Math.round(ms) })) };
}

export const FORMATS = ["text", "tap", "junit", "json"] as const;
export type ReportFormat = (typeof FORMATS)[number];

export function reportOf(results: readonly TestResult[], format: Exclude<ReportFormat, "json">, style: Style): string {
  if (format === "tap") return tap(results);
  if (format === "junit") return junit(results);
  return results.map((result) => textOf(result, style)).join("\n");
}

function textOf({ test, wrong, ms }: TestResult, style: Style): string {
  const title = `${test.pipeline}: ${test.name}`;
  if (wrong.length === 0) return `${style.mark.ok} ${title} ${style.dim(secondsText(ms / 1000))}`;
  return [`${style.mark.bad} ${style.bold(title)} ${style.dim(placeOf(test.place))}`, ...wrong.map((text) => `  ${text}`)].join("\n");
}

export function summaryOf(results: readonly TestResult[], ms: number): string {
  const failed = results.filter(({ wrong }) => 0 < wrong.length).length;
  return say({ en: `tests: ${results.length}, failed: ${failed}, ${secondsText(ms / 1000)}`, ko: `테스트 ${results.length}개, 실패 ${failed}개, ${secondsText(ms / 1000)}` });
}

function tap(results: readonly TestResult[]): string {
  const lines = ["TAP version 14", `1..${results.length}`];
  for (const [index, { test, wrong }] of results.entries()) {
    // A hash would begin a directive.
    lines.push(`${wrong.length === 0 ? "ok" : "not ok"} ${index + 1} - ${`${test.pipeline}: ${test.name}`.replaceAll("#", "\\#")}`);
    if (0 < wrong.length) lines.push("  ---", `  at: ${JSON.stringify(placeOf(test.place))}`, `  message: ${JSON.stringify(wrong.join("\n"))}`, "  ...");
  }
  return lines.join("\n");
}

function junit(results: readonly TestResult[]): string {
  const failed = results.filter(({ wrong }) => 0 < wrong.length).length;
  const cases = results.map(({ test, wrong, ms }) => {
    const attributes = `name="${xml(test.name)}" classname="${xml(test.pipeline)}" file="${xml(test.place.file)}" line="${test.place.line}" time="${(ms / 1000).toFixed(3)}"`;
    return wrong.length === 0 ? `    <testcase ${attributes}/>` : `    <testcase ${attributes}>\n      <failure message="${xml(wrong[0] ?? "")}">${xml(wrong.join("\n"))}</failure>\n    </testcase>`;
  });
  return [`<?xml version="1.0" encoding="UTF-8"?>`, `<testsuites>`, `  <testsuite name="dure" tests="${results.length}" failures="${failed}">`, ...cases, `  </testsuite>`, `</testsuites>`].join("\n");
}

function xml(text: string): string {
  // Control characters cannot be written in XML 1.0 at all.
  return text.replaceAll(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, "\ufffd").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll("\n", "&#10;");
}

function placeOf({ file, line, column }: { readonly file: string; readonly line: number; readonly column: number }): string {
  return `${file}:${line}:${column}`;
}
