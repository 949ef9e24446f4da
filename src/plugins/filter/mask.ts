// Masks what should not leave the machine: numbers of persons and cards, phone numbers, mail addresses, passwords and tokens, and
// what own patterns find. What is no match does not change by a byte, whatever its encoding.
import { pattern } from "#sdk/pattern-option.ts";
import { defineFilter, z } from "#sdk/plugin.ts";
import { KINDS } from "./mask/kinds.ts";
import { fieldNames } from "./parts/field-names-option.ts";

const oneLine = z.string().refine((text) => !/[\r\n]/.test(text), { message: "write it without a line break", params: { ko: "줄바꿈 없이 쓰세요" } });

const options = z
  .strictObject({
    kinds: z.array(z.enum(KINDS)).prefault(KINDS.filter((kind) => kind !== "ipv4")).meta({
      description:
        "What to mask: Korean resident registration and foreigner numbers (date and, where there is one, check digit are looked at), card numbers (check digit), phone numbers (Korean, or international with +), mail addresses, the last part of IPv4 addresses, secrets (passwords, keys and tokens behind their name, in URLs and headers, and whole fields so named). All but ipv4 when it is left out.",
      ko: "가릴 것: 주민등록번호와 외국인등록번호(날짜와, 있으면 검증 숫자 확인), 카드 번호(검증 숫자 확인), 전화번호(국내, +로 시작하는 국제), 메일 주소, IPv4 주소의 마지막 자리, 비밀(이름 뒤나 URL, 헤더의 비밀번호와 키와 토큰, 그런 이름의 필드 전체). 쓰지 않으면 ipv4만 빼고 모두.",
    }),
    patterns: z
      .array(
        z.strictObject({
          pattern: pattern().meta({ description: "A regular expression; with flags: `/…/i`.", ko: "정규식. 플래그를 쓰려면 `/…/i`." }),
          replace: oneLine.optional().meta({ description: "What stands in place of a match; `$1` and `$<name>` are its groups. Masked as the rest is when left out.", ko: "찾은 것 대신 쓸 텍스트. `$1`, `$<이름>`은 그룹입니다. 쓰지 않으면 다른 것처럼 가립니다." }),
        }),
      )
      .prefault([])
      .meta({ description: "Own patterns to mask, too.", ko: "더 가릴 패턴." }),
    fields: fieldNames().optional().meta({ description: "The only fields to look at, with all that is in them; `*` stands for any text. All when left out.", ko: "살펴볼 필드(그 안의 값 포함). `*`는 아무 글자들을 뜻합니다. 쓰지 않으면 모두." }),
    with: oneLine.prefault("***").meta({ description: "What stands in place of what is masked.", ko: "가린 자리에 쓸 텍스트." }),
    show: z.enum(["nothing", "length", "last_four"]).prefault("nothing").meta({ description: "What may still be seen: nothing, the length (a `*` for each character), or the last four characters behind stars.", ko: "남겨 보일 것: nothing(없음), length(글자마다 `*`), last_four(마지막 네 글자와 앞의 별표)." }),
    hash: z
      .strictObject({ key: z.string().min(8).meta({ description: "The key; who has it can test guesses.", ko: "키. 이 키를 알면 값을 추측해 확인할 수 있습니다.", secret: true }) })
      .optional()
      .meta({ description: "A keyed hash in place of what is masked, so that equal values stay equal: `h_` and 16 digits of HMAC-SHA-256.", ko: "가린 자리에 키를 쓴 해시를 써서 같은 값은 같게 남깁니다: `h_`와 HMAC-SHA-256의 16자리." }),
  })
  .superRefine((given, context) => {
    if (given.kinds.length + given.patterns.length === 0) context.addIssue({ code: "custom", path: ["kinds"], message: "write what to mask: `kinds` or `patterns`", params: { ko: "무엇을 가릴지 쓰세요: `kinds`, `patterns`" } });
    if (given.hash !== undefined && (given.show !== "nothing" || given.with !== "***")) context.addIssue({ code: "custom", path: ["hash"], message: "`hash` stands alone, without `with` and `show`", params: { ko: "`hash`는 `with`, `show`와 함께 쓰지 않습니다" } });
    if (given.show !== "nothing" && given.with !== "***") context.addIssue({ code: "custom", path: ["with"], message: "write either `with` or `show`", params: { ko: "`with`와 `show` 중 하나만 쓰세요" } });
  });

export const mask = defineFilter({
  name: "Mask",
  summary: { en: "Masks personal numbers, cards, addresses, secrets, and what own patterns find.", ko: "주민번호, 카드, 전화, 메일, 비밀번호 같은 개인 정보와 직접 정한 패턴을 가립니다." },
  shorthand: "kinds",
  options,
  example: "filter.Mask:\n  kinds: [resident_number, card, phone, secret]\n  show: last_four",
  async open(given, context) {
    const [{ TextMasker }, { maskBatch }, { nameSet }, { mayBacktrackForever, readPattern }] = await Promise.all([import("./mask/text-masker.ts"), import("./mask/batch-masker.ts"), import("./parts/name-pattern.ts"), import("#sdk/pattern.ts")]);
    for (const { pattern: text } of given.patterns) if (mayBacktrackForever(readPattern(text).tree)) context.log.warn("pattern may take very long on some texts: it repeats a repetition", { pattern: text });
    /** Of the batch at hand: it may have to wait for memory, and be looked at once more. */
    const masked = new Map<string, number>();
    const masker = new TextMasker(given, (kind) => void masked.set(kind, (masked.get(kind) ?? 0) + 1));
    const isNamed = given.fields === undefined ? () => true : nameSet(given.fields);
    return {
      apply(batch) {
        masked.clear();
        const result = maskBatch(batch, masker, isNamed);
        for (const [kind, times] of masked) context.count(`masked_${kind}_total`, times);
        return result;
      },
    };
  },
});
