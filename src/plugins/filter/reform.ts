// Writes fields from texts with placeholders, then deletes fields, as Swak's m.reform does. What stays is never decoded.
import { defineFilter, z } from "#sdk/plugin.ts";
import { PlaceholderError, readPlaceholders } from "./parts/placeholders.ts";

const key = z.string().min(1);

function placeholders() {
  return z
    .union([z.string(), z.number(), z.boolean()])
    .transform(String)
    .pipe(z.string())
    .superRefine((text, context) => {
      try {
        readPlaceholders(text);
      } catch (error) {
        if (!(error instanceof PlaceholderError)) throw error;
        context.addIssue({ code: "custom", message: error.text.en, params: { ko: error.text.ko, column: error.column } });
      }
    });
}

const options = z
  .strictObject({
    write: z
      .union([z.record(key, placeholders()), z.array(z.tuple([key, placeholders()]))])
      .transform((given): [string, string][] => (Array.isArray(given) ? given : Object.entries(given)))
      .pipe(z.array(z.tuple([z.string(), z.string()])))
      .prefault({})
      .meta({
        description: "Fields to write, in order, as a map or a list of pairs; later ones see what earlier ones wrote. Placeholders: `${time}` (ISO 8601, UTC), `${tag}`, `${tag_parts[N]}`, `${tag_prefix[N]}`, `${tag_suffix[N]}`, `${hostname}`, `${hostaddr}`, `${hostaddr_parts[N]}`, `${record[KEY]}`. N counts from 0, from the end with a minus; what is not there is empty. `$${` stands for `${`.",
        ko: "쓸 필드. 차례대로 쓰며, 맵이나 쌍의 목록으로 적습니다. 뒤의 것은 앞에서 쓴 값을 봅니다. 플레이스홀더: `${time}`(ISO 8601, UTC), `${tag}`, `${tag_parts[N]}`, `${tag_prefix[N]}`, `${tag_suffix[N]}`, `${hostname}`, `${hostaddr}`, `${hostaddr_parts[N]}`, `${record[KEY]}`. N은 0부터 세고, 음수면 끝에서 셉니다. 없는 것은 빈 텍스트입니다. `$${`는 글자 `${`입니다.",
      }),
    delete: z.array(key).prefault([]).meta({ description: "Fields to delete after that. What is not there is no error.", ko: "그다음에 지울 필드. 없는 필드는 오류가 아닙니다." }),
  })
  .superRefine((given, context) => {
    if (given.write.length + given.delete.length === 0) context.addIssue({ code: "custom", message: "write what to do: `write` or `delete`", params: { ko: "무엇을 할지 쓰세요: `write`, `delete`" } });
  });

export const reform = defineFilter({
  name: "Reform",
  summary: { en: "Writes fields from texts with placeholders, and deletes fields.", ko: "플레이스홀더가 든 텍스트로 필드를 쓰고, 필드를 지웁니다." },
  options,
  example: 'filter.Reform:\n  write: { service: "${tag_parts[0]}", from: "${hostname}/${record[path]}" }\n  delete: [path]',
  async open(given) {
    const { Reformer } = await import("./reform/reformer.ts");
    const reformer = new Reformer(given.write, given.delete);
    return { apply: (batch) => reformer.apply(batch) };
  },
});
