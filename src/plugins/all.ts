// The built-in plugins. Each is imported only when a config uses it, so a start loads what it needs and no more; old names stand
// here too, so that finding one imports nothing else (a test holds them to the plugins' own `aliases`).

export const builtInPlugins = {
  "in.FakeData": { load: async () => (await import("./in/fake-data.ts")).fakeData },
  "in.FileTail": { load: async () => (await import("./in/file-tail.ts")).fileTail },
  "in.Forward": { load: async () => (await import("./in/forward.ts")).forward },
  "in.MySQLTail": { load: async () => (await import("./in/mysql-tail.ts")).mysqlTail },
  "in.Stdin": { load: async () => (await import("./in/stdin.ts")).stdin },
  "parse.Csv": { load: async () => (await import("./parse/csv.ts")).csv },
  "parse.Grok": { load: async () => (await import("./parse/grok.ts")).grok },
  "parse.Json": { load: async () => (await import("./parse/json.ts")).json },
  "parse.KeyValue": { load: async () => (await import("./parse/key-value.ts")).keyValue },
  "parse.Logfmt": { load: async () => (await import("./parse/logfmt.ts")).logfmt },
  "parse.Ltsv": { load: async () => (await import("./parse/ltsv.ts")).ltsv },
  "parse.Regex": { load: async () => (await import("./parse/regex.ts")).regex },
  "parse.Syslog": { load: async () => (await import("./parse/syslog.ts")).syslog },
  "parse.Tsv": { load: async () => (await import("./parse/tsv.ts")).tsv },
  "filter.Map": { load: async () => (await import("./filter/map.ts")).map },
  "filter.Where": { load: async () => (await import("./filter/where.ts")).where },
  "buffer.Lines": { load: async () => (await import("./buffer/lines.ts")).lines, aliases: ["out.LinedBuffer"] },
  "buffer.Size": { load: async () => (await import("./buffer/size.ts")).size },
  "buffer.Time": { load: async () => (await import("./buffer/time.ts")).time, aliases: ["out.TimedBuffer"] },
  "out.Exec": { load: async () => (await import("./out/exec.ts")).exec },
  "out.File": { load: async () => (await import("./out/file.ts")).file },
  "out.Fluentd": { load: async () => (await import("./out/fluentd.ts")).fluentd },
  "out.Null": { load: async () => (await import("./out/null.ts")).nullOutput },
  "out.Stdout": { load: async () => (await import("./out/stdout.ts")).stdout },
} as const;
