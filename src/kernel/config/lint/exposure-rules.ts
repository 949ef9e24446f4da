// Secrets that stand in the file, listeners that anybody reaches, variables that nothing uses.
import { isLoopback } from "#base/loopback.ts";
import type { OptionSchema } from "../../option-schema.ts";
import { optionSchema, schemaAt } from "../../option-schema.ts";
import type { Span } from "../source.ts";
import { storeOptions } from "../store-section.ts";
import { entryOf } from "../tree.ts";
import type { MapEntry, MapNode } from "../tree.ts";
import type { LintFacts } from "./lint.ts";
import { knows, placeOfOption } from "./lint-step.ts";
import type { LintStep } from "./lint-step.ts";

const EVERYWHERE = ["0.0.0.0", "::", "*", "[::]"];
const KEYS = ["shared_key", "password", "bearer_token"];

/** Gives the places of secrets: what shows the file must not show them. */
export function exposureRules({ steps, roots, source, say }: LintFacts): Span[] {
  const secrets: Span[] = [];
  const sayWritten = (place: Pick<LintStep, "written" | "schema">): void => {
    for (const { key, value } of secretsIn(place)) {
      secrets.push(value);
      say("DURE607", value, {
        text: { en: `'${key}' stands in the config for everybody who reads it`, ko: `'${key}' 값이 설정에 그대로 적혀 있습니다` },
        suggestion: `\${env:${key.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_")}}`,
      });
    }
  };
  for (const step of steps) {
    openToAll(step, say);
    sayWritten(step);
  }
  for (const root of roots) {
    const store = root.type === "map" ? entryOf(root, "store")?.value : undefined;
    if (store?.type === "map") sayWritten({ written: store, schema: optionSchema(storeOptions) });
    const http = root.type === "map" ? entryOf(root, "http")?.value : undefined;
    if (http?.type === "map") plainText(http, say);
    const vars = root.type === "map" ? entryOf(root, "vars")?.value : undefined;
    for (const { key, keySpan } of vars?.type === "map" ? vars.entries : []) {
      if (source.text.includes(`\${var:${key}}`)) continue;
      say("DURE612", keySpan, {
        text: { en: `nothing uses the variable '${key}'`, ko: `변수 '${key}'의 쓰임이 없습니다` },
        help: { en: `remove it, or write \${var:${key}} where it is meant`, ko: `지우거나, 쓸 곳에 \${var:${key}}를 쓰세요` },
      });
    }
  }
  return secrets;
}

function openToAll(step: LintStep, say: LintFacts["say"]): void {
  const { options } = step;
  if (step.kind !== "in" || !EVERYWHERE.includes(String(options["host"]))) return;
  const tls = options["tls"];
  const hasTls = typeof tls === "object" && tls !== null && (tls as Readonly<Record<string, unknown>>)["enabled"] !== false;
  if (hasTls || KEYS.some((key) => options[key] !== undefined)) return;
  const ways = [...KEYS, "tls"].filter((key) => knows(step, key)).map((key) => `\`${key}\``);
  say("DURE609", placeOfOption(step, "host"), {
    text: { en: `'${step.name}' takes records from any network, from anybody`, ko: `'${step.name}' 입력은 모든 망의 누구에게서나 레코드를 받습니다` },
    help: {
      en: `write \`host: 127.0.0.1\`, or the address of an inner network${ways.length === 0 ? "" : `, or set ${ways.join(" or ")}`}`,
      ko: `\`host: 127.0.0.1\`이나 내부망 주소를 쓰세요${ways.length === 0 ? "" : `. 또는 ${ways.join(", ")} 가운데 하나를 쓰세요`}`,
    },
  });
}

/** The dashboard, where nothing on the way keeps a password to itself. */
function plainText(http: MapNode, say: LintFacts["say"]): void {
  const [host, insecure] = [entryOf(http, "host")?.value, entryOf(http, "insecure")?.value];
  if (host?.type !== "scalar" || insecure?.type !== "scalar" || insecure.value !== true) return;
  if (isLoopback(String(host.value)) || entryOf(http, "tls") !== undefined) return;
  say("DURE609", insecure, {
    text: { en: "passwords and tokens pass the network in plain text", ko: "비밀번호와 토큰이 암호화되지 않고 망을 오갑니다" },
    help: { en: "write `tls: { cert, key }`; or listen on 127.0.0.1 behind a proxy that does TLS", ko: "`tls: { cert, key }`를 쓰거나, TLS를 처리하는 프록시 뒤에서 127.0.0.1만 들으세요" },
  });
}

/** Options that the schema calls secret and whose value did not come from outside of the file. */
function secretsIn({ written, schema }: Pick<LintStep, "written" | "schema">): MapEntry[] {
  const found: MapEntry[] = [];
  const visit = (node: LintStep["written"], at: OptionSchema | undefined, entry: MapEntry | undefined): void => {
    if (node.type === "map") for (const inner of node.entries) visit(inner.value, at === undefined ? undefined : schemaAt(at, [inner.key]), inner);
    else if (node.type === "list") for (const item of node.items) visit(item, at === undefined ? undefined : schemaAt(at, [0]), undefined);
    else if (entry !== undefined && at?.["secret"] === true && !node.isInterpolated && node.value !== null && node.value !== "") found.push(entry);
  };
  visit(written, schema, undefined);
  return found;
}
