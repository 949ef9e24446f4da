// `notifiers:` of a config as a plan: who is told of what, and by which way.
import { resolve } from "node:path";
import { isLoopback } from "#base/loopback.ts";
import { closest } from "#base/similar.ts";
import type { NotifierTarget } from "#sdk/notifier.ts";
import { eventText, eventNames } from "../events/event-words.ts";
import { notifierOptions } from "./notifier-options.ts";
import type { NotifierOptions } from "./notifier-options.ts";
import type { NotifierPlan } from "./notifiers-plan.ts";
import { checkOptions } from "./options.ts";
import type { Problems } from "./problem.ts";
import { locate, spanOf } from "./tree.ts";
import type { MapEntry } from "./tree.ts";

/** A rule of the house is called after it, and people write it on command lines. */
const NAME = /^[\p{L}_][\p{L}\p{N}_.-]{0,63}$/u;

/** Those that nothing is wrong with; what is wrong with the others has been said. */
export async function checkNotifiers({ value, keySpan }: MapEntry, configDir: string, problems: Problems): Promise<readonly NotifierPlan[]> {
  if (value.type !== "map") {
    if (value.type === "scalar" && value.value === null) return [];
    problems.add("DURE201", spanOf(value, keySpan), { text: { en: "`notifiers:` is a map of names and whom to tell", ko: "`notifiers:`는 이름과 알릴 곳의 맵입니다" }, help: { en: "write `notifiers: { ops: { webhook: https://chat.example.com/hooks/1, on: job.failed } }`", ko: "`notifiers: { ops: { webhook: https://chat.example.com/hooks/1, on: job.failed } }`처럼 쓰세요" } });
    return [];
  }
  const plans: NotifierPlan[] = [];
  for (const { key: name, keySpan: nameSpan, value: node } of value.entries) {
    if (!NAME.test(name)) {
      problems.add("DURE201", nameSpan, { text: { en: `\`${name}\` cannot be the name of a notifier`, ko: `알림 대상의 이름으로 쓸 수 없습니다: ${name}` }, help: { en: "begin with a letter; letters, digits, `.`, `_` and `-` follow, 64 in all", ko: "글자로 시작하고 글자, 숫자, `.`, `_`, `-`를 모두 64자까지 쓰세요" } });
      continue;
    }
    const options = (await checkOptions(node, { name: `notifiers.${name}`, nameSpan, schema: notifierOptions }, problems)) as NotifierOptions | undefined;
    if (options === undefined) continue;
    for (const [index, event] of options.on.entries()) {
      if (event === "*" || isKnown(event)) continue;
      const at = locate(node, ["on", index], nameSpan).value ?? locate(node, ["on"], nameSpan).value ?? node;
      const like = closest(event, eventNames);
      problems.add("DURE201", spanOf(at, nameSpan), { text: { en: `no event is called \`${event}\``, ko: `없는 이벤트입니다: ${event}` }, help: { en: "`dure events` shows what happens, with names", ko: "`dure events`로 이벤트와 그 이름을 볼 수 있습니다" }, ...(like === undefined ? {} : { suggestion: like }) });
    }
    plans.push(planOf(name, options, configDir, problems.source.place(nameSpan.start)));
  }
  return plans;
}

function isKnown(event: string): boolean {
  return event.endsWith(".*") ? eventNames.some((name) => name.startsWith(event.slice(0, -1))) : eventText(event) !== undefined;
}

function planOf(name: string, options: NotifierOptions, configDir: string, place: NotifierPlan["place"]): NotifierPlan {
  const { on, lang, timeout: timeoutMs, attempts, backoff, concurrency, rate = null } = options;
  return { name, target: targetOf(options, configDir), on, ...(lang === undefined ? {} : { lang }), timeoutMs, attempts, backoff: { firstMs: backoff.first, mostMs: backoff.most }, concurrency, rate, place };
}

function targetOf({ webhook, mail, amqp }: NotifierOptions, configDir: string): NotifierTarget {
  const certificates = ({ ca, cert, key, verify }: NonNullable<NotifierOptions["amqp"]>["tls"]) => ({
    isVerified: verify,
    ...(ca === undefined ? {} : { caFile: resolve(configDir, ca) }),
    ...(cert === undefined ? {} : { certFile: resolve(configDir, cert) }),
    ...(key === undefined ? {} : { keyFile: resolve(configDir, key) }),
  });
  if (webhook !== undefined) {
    const { url, headers, secret, body, proxy, tls } = webhook;
    return { type: "webhook", url, headers, tls: certificates(tls), ...(secret === undefined ? {} : { secret }), ...(body === undefined ? {} : { body }), ...(proxy === undefined ? {} : { proxy }) };
  }
  if (mail !== undefined) {
    const { server, from, to, cc, tls } = mail;
    const { hostname, username } = new URL(server);
    return { type: "mail", server, from, to, cc, tls: { ...certificates(tls), isRequired: tls.required ?? (username !== "" && !isLoopback(hostname)) } };
  }
  if (amqp === undefined) throw new Error("the schema lets no notifier through that has no way");
  return { type: "amqp", url: amqp.url, exchange: amqp.exchange, routingKey: amqp.routing_key, tls: certificates(amqp.tls) };
}
