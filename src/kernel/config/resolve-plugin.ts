// The plugin that a step's name means. Old names, and a parser written as an output, are understood and said.
import type { Found, Registry } from "../registry.ts";
import { KINDS } from "../registry.ts";
import { particle } from "./korean.ts";
import type { Problems } from "./problem.ts";
import { closest } from "#base/similar.ts";
import type { Span } from "./source.ts";

const KIND_WORDS = {
  in: { en: "inputs", ko: "입력" },
  parse: { en: "parsers", ko: "파서" },
  filter: { en: "filters", ko: "필터" },
  buffer: { en: "buffers", ko: "버퍼" },
  out: { en: "outputs", ko: "출력" },
} as const;

export async function resolvePlugin(name: string, span: Span, registry: Registry, problems: Problems): Promise<Found | undefined> {
  const found = await registry.find(name);
  if (found !== undefined && !found.isAlias) return found;
  if (found !== undefined) {
    problems.add("DURE402", span, {
      text: { en: `'${name}' is the old name of '${found.fullName}'`, ko: `'${name}'${particle(name, "은/는")} '${found.fullName}'의 옛 이름입니다` },
      suggestion: found.fullName,
    });
    return found;
  }
  const { kind, short } = partsOf(name);
  for (const other of kind === "out" ? (["parse", "filter", "buffer"] as const) : []) {
    const meant = await registry.find(`${other}.${short}`);
    if (meant === undefined) continue;
    problems.add("DURE403", span, {
      text: {
        en: `'${short}' is not an output: it is found under ${KIND_WORDS[other].en}`,
        ko: `'${short}'${particle(short, "은/는")} 출력이 아니라 ${KIND_WORDS[other].ko}입니다`,
      },
      suggestion: meant.fullName,
    });
    return meant;
  }
  // A plugin file that does not load is said at its own place; here it would be said twice.
  if (registry.brokenFor(name) === undefined) sayUnknown(name, span, registry, problems);
  return undefined;
}

function sayUnknown(name: string, span: Span, registry: Registry, problems: Problems): void {
  const { kind } = partsOf(name);
  const known = KINDS.find((one) => one === kind);
  problems.add("DURE101", span, {
    text: { en: `there is no plugin '${name}'`, ko: `'${name}'${particle(name, "이라/라")}는 플러그인이 없습니다` },
    help: {
      en: `installed${known === undefined ? " plugins" : ` ${KIND_WORDS[known].en}`}: dure list${known === undefined ? "" : ` ${known}`}      why: dure explain DURE101`,
      ko: `설치된 ${known === undefined ? "" : `${KIND_WORDS[known].ko} `}플러그인: dure list${known === undefined ? "" : ` ${known}`}      설명: dure explain DURE101`,
    },
    suggestion: meantName(name, registry),
  });
}

function meantName(name: string, registry: Registry): string | undefined {
  const { kind, short } = partsOf(name);
  const names = registry.names();
  const same = names.filter((full) => partsOf(full).short.toLowerCase() === short.toLowerCase());
  if (0 < same.length) return same.find((full) => partsOf(full).kind === kind) ?? same[0];
  const ofKind = names.filter((full) => partsOf(full).kind === kind);
  const shortOf = (all: readonly string[]): string | undefined => {
    const best = closest(
      short,
      all.map((full) => partsOf(full).short),
    );
    return best === undefined ? undefined : all.find((full) => partsOf(full).short === best);
  };
  const near = shortOf(ofKind) ?? closest(name, [...names, "failover", "route", "sleep"]) ?? shortOf(names);
  if (near !== undefined) return near;
  const other = closest(name, registry.alsoKnown().keys());
  return other === undefined ? undefined : registry.alsoKnown().get(other);
}

function partsOf(name: string): { kind: string; short: string } {
  const dot = name.indexOf(".");
  return { kind: name.slice(0, Math.max(0, dot)), short: name.slice(dot + 1) };
}
