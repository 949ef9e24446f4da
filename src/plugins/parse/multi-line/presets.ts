// What the stack traces of common runtimes look like, as rules over lines.
import type { EventRulesText } from "./event-rules.ts";

/** `com.example.Some$Exception: message` and nothing before it. */
const QUALIFIED_EXCEPTION = String.raw`^(?:[A-Za-z_$][\w$]*[.+])+[\w$]*(?:Exception|Error|Throwable|Failure)(?::| \(|$)`;

export const PRESETS = {
  java: {
    takes: [
      { pattern: String.raw`^(?:[ \t]|Caused by: |Suppressed: |\.\.\. \d+ (?:more|common frames omitted))`, to: "trace" },
      // The exception that was logged follows its line; behind a trace it begins another event.
      { from: ["line"], pattern: QUALIFIED_EXCEPTION, to: "trace" },
    ],
    opens: [{ pattern: QUALIFIED_EXCEPTION, to: "trace" }],
  },
  dotnet: {
    takes: [
      { pattern: String.raw`^(?:[ \t]+at |[ \t]*---> |[ \t]*--- End of )`, to: "trace" },
      // The console logger indents the message itself.
      { pattern: String.raw`^[ \t]` },
      { from: ["line"], pattern: QUALIFIED_EXCEPTION, to: "trace" },
    ],
    opens: [{ pattern: QUALIFIED_EXCEPTION, to: "trace" }],
  },
  python: {
    takes: [
      { from: ["line", "traceback"], pattern: String.raw`^[ \t]` },
      { from: ["line", "chained"], pattern: String.raw`^Traceback \(most recent call last\):`, to: "traceback" },
      // The first line that is not indented names the exception and is the last one, but for chains.
      { from: ["traceback"], pattern: String.raw`^[^ \t]`, to: "raised" },
      { from: ["raised"], pattern: String.raw`^[ \t]` },
      { from: ["raised"], pattern: String.raw`^$`, to: "pause" },
      { from: ["raised", "pause"], pattern: String.raw`^(?:During handling of the above exception|The above exception was the direct cause)`, to: "chained" },
      { from: ["chained"], pattern: String.raw`^$` },
    ],
    opens: [{ pattern: String.raw`^Traceback \(most recent call last\):`, to: "traceback" }],
  },
  node: { takes: [{ pattern: String.raw`^(?:[ \t]|[}\])])` }] },
  ruby: {
    takes: [
      { pattern: String.raw`^[ \t]` },
      { from: ["line", "error"], pattern: String.raw`^\S+:\d+:in [\x60'][^']*'$`, to: "error" },
      { from: ["line"], pattern: String.raw`^(?:[A-Z]\w*::)*[A-Z]\w*(?:Error|Exception|Failure)(?: \(|:)`, to: "error" },
    ],
  },
  go: {
    takes: [
      { from: ["line"], pattern: String.raw`^[ \t]` },
      // net/http says in a line of its own log that a handler panicked.
      { from: ["line"], pattern: String.raw`^goroutine \d+ \[`, to: "panic" },
      { from: ["panic"], pattern: String.raw`^(?:$|\s|goroutine \d+ |\[signal |created by |exit status \d|\.\.\.|runtime: |panic: )` },
      { from: ["panic"], pattern: String.raw`^\S+\(.*\)$` },
    ],
    opens: [{ pattern: String.raw`^(?:panic: |fatal error: )`, to: "panic" }],
  },
} as const satisfies Record<string, EventRulesText>;
