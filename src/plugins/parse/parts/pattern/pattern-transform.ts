// What parse.Regex and parse.Grok do once they have their pattern: lines and events of several lines go through the splitter, one field of
// records through V8.
import type { PluginContext, Transform } from "#sdk/plugin.ts";
import { parseField } from "../field-records.ts";
import { FieldSplitter } from "./field-splitter.ts";
import type { ParseSettings } from "./field-splitter.ts";
import { joinedRows } from "./joined-rows.ts";
import { RecordParser } from "./record-parser.ts";

export function patternTransform(settings: ParseSettings, context: PluginContext): Transform {
  const splitter = new FieldSplitter(settings, context);
  const records = new RecordParser(settings, context);
  return {
    apply(batch) {
      if (batch.form === "lines") return splitter.apply(batch);
      const joined = joinedRows(batch);
      return joined === undefined ? parseField(batch, records, context) : splitter.apply(batch, joined);
    },
    async close() {
      splitter.close();
    },
  };
}
