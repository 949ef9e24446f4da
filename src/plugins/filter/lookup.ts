// Adds what a table in a file says of a field: the owner of a host, the name of a code, the place of a network. The file is read again
// when it changes; a bad new one never takes the place of the good old one.
import { resolve } from "node:path";
import { UsageError, toError } from "#base/errors.ts";
import { encoding } from "#sdk/encoding-option.ts";
import { duration, size } from "#sdk/options.ts";
import { defineFilter, z } from "#sdk/plugin.ts";

const options = z
  .strictObject({
    table: z.string().min(1).meta({ description: "The file: CSV or TSV with a header, or JSON (a list of objects, or an object by key). Relative to the config file.", ko: "표 파일. 머리글이 있는 CSV나 TSV, 또는 JSON(객체의 목록, 키별 객체). 설정 파일 기준의 상대 경로." }),
    format: z.enum(["auto", "csv", "tsv", "json"]).prefault("auto").meta({ description: "What the file is; auto: by the end of its name, CSV when that says nothing.", ko: "파일 형식. auto: 확장자로 정하고, 모르면 CSV." }),
    encoding: encoding().meta({ description: "Encoding of the file.", ko: "파일의 인코딩." }),
    key: z.string().min(1).meta({ description: "The field of the record to look up.", ko: "찾을 값이 든 레코드의 필드." }),
    column: z.string().min(1).optional().meta({ description: "The column to find it in; the first one when left out (`key` for a JSON object).", ko: "그 값을 찾을 표의 열. 쓰지 않으면 첫 열(JSON 객체면 `key`)." }),
    match: z.enum(["exact", "cidr"]).prefault("exact").meta({ description: "exact: the same text. cidr: the column holds networks such as 10.0.0.0/8, and the smallest that has the address counts.", ko: "exact: 같은 텍스트. cidr: 열에 10.0.0.0/8 같은 네트워크가 있고, 주소를 담은 가장 작은 것을 씁니다." }),
    add: z.array(z.string().min(1)).min(1).optional().meta({ description: "The columns to add; all but the one looked up in when left out.", ko: "더할 열. 쓰지 않으면 찾는 열을 뺀 모두." }),
    prefix: z.string().prefault("").meta({ description: "Put before the names of the columns.", ko: "열 이름 앞에 붙일 텍스트." }),
    missing: z.enum(["keep", "drop", "default"]).prefault("keep").meta({ description: "What happens to a record that is not found: keep it as it is, drop it, or add `defaults`.", ko: "찾지 못한 레코드: keep은 그대로 두고, drop은 버리고, default는 `defaults`를 더합니다." }),
    defaults: z.record(z.string().min(1), z.union([z.string(), z.number(), z.boolean(), z.null()])).prefault({}).meta({ description: "Values by column for records that are not found.", ko: "찾지 못한 레코드에 더할 열별 값." }),
    reload: duration().prefault("5s").meta({ description: "How often the file is looked at, while records come; a changed one is read when it looks the same twice.", ko: "레코드가 오는 동안 파일을 살펴볼 간격. 바뀐 파일은 두 번 같게 보이면 읽습니다." }),
    size_max: size().prefault("64MB").meta({ description: "A bigger file is refused; a table takes several times its size in memory.", ko: "이보다 큰 파일은 받지 않습니다. 표는 메모리를 크기의 몇 배 씁니다." }),
  })
  .superRefine((given, context) => {
    const hasDefaults = 0 < Object.keys(given.defaults).length;
    if ((given.missing === "default") !== hasDefaults) context.addIssue({ code: "custom", path: ["defaults"], message: "write `missing: default` and `defaults` together", params: { ko: "`missing: default`와 `defaults`는 함께 쓰세요" } });
  });
type Options = z.output<typeof options>;

function fileOf(given: Options, configDir: string) {
  const end = /\.(\w+)$/.exec(given.table)?.[1]?.toLowerCase();
  const known = end === "tsv" || end === "json" ? end : "csv";
  return { path: resolve(configDir, given.table), format: given.format === "auto" ? known : given.format, encoding: given.encoding, column: given.column, match: given.match, needed: given.add ?? [], bytesMax: given.size_max } as const;
}

export const lookup = defineFilter({
  name: "Lookup",
  summary: { en: "Adds fields from a table in a file, found by a field's value.", ko: "파일에 있는 표에서 필드 값으로 찾은 내용을 더합니다." },
  options,
  example: "filter.Lookup:\n  table: hosts.csv\n  key: host\n  add: [team, region]",
  async checkEnvironment(given, { configDir }) {
    const { loadTable } = await import("./lookup/table-file.ts");
    try {
      await loadTable(fileOf(given, configDir));
      return [];
    } catch (error) {
      return [{ en: `the table ${given.table} cannot be used: ${toError(error).message}`, ko: `표 ${given.table} 파일을 쓸 수 없습니다: ${toError(error).message}` }];
    }
  },
  async open(given, context) {
    const [{ TableFile }, { join }] = await Promise.all([import("./lookup/table-file.ts"), import("./lookup/join.ts")]);
    const settings = { field: given.key, add: given.add, keyColumn: given.column, prefix: given.prefix, missing: given.missing, defaults: given.defaults };
    const file = await TableFile.open(fileOf(given, context.configDir), given.reload, context).catch((error: unknown) => {
      throw new UsageError(`the table ${given.table} cannot be used: ${toError(error).message}`, { cause: error });
    });
    return { apply: async (batch, signal) => join(batch, await file.table(), settings, context, signal) };
  },
});
