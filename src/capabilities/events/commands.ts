// Past facts of the agent: what happened, by pages, and what happens from now on.
import { z } from "zod";
import type { JsonValue } from "#base/json.ts";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import type { EventFollowing } from "#kernel/events/event-log.ts";
import type { EventPage, EventPageRequest } from "#kernel/events/event-page.ts";

export interface EventsPort {
  page(request: EventPageRequest): Promise<EventPage>;
  /** Resolves when the reader has gone. */
  follow(following: EventFollowing): Promise<void>;
}

const define = defineCommand<EventsPort>();

const event = z.strictObject({
  id: z.int().describe("Grows from event to event; none comes twice."),
  atMs: z.number().describe("When, in milliseconds since 1970."),
  name: z.string().describe("Noun, dot, what happened: `pipeline.failed`."),
  data: z.record(z.string(), z.json()),
});
const name = z.string().min(1).max(100).optional().meta({ description: "Of this name only; a star stands for anything: `pipeline.*`.", ko: "이 이름만. 별표는 무엇이든: `pipeline.*`." });

const list = define({
  name: "events.list",
  summary: { en: "what happened to the agent and its pipelines", ko: "에이전트와 파이프라인에 있었던 일" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({
    after: z.int().min(0).optional().meta({ description: "Those with ids above it, the oldest first. Without it the newest come first.", ko: "이 ID보다 뒤의 것을 오래된 순서로. 쓰지 않으면 최신순." }),
    before: z.int().min(0).optional().meta({ description: "Those with ids below it.", ko: "이 ID보다 앞의 것." }),
    limit: z.int().min(1).max(1000).default(100).meta({ description: "At most so many.", ko: "최대 개수." }),
    name,
  }),
  result: z.strictObject({
    events: z.array(event),
    hasMore: z.boolean().describe("There are more in this direction."),
    isWhole: z.boolean().describe("false: the store does not answer, and these are only the last ones."),
  }),
  examples: [
    { line: "dure events list --limit 20", text: { en: "the last twenty", ko: "마지막 20개" } },
    { line: "dure events list --name 'pipeline.*'", text: { en: "of pipelines only", ko: "파이프라인의 것만" } },
  ],
  run: async (params, _call, port) => {
    const { events, ...rest } = await port.page(params);
    return { ...rest, events: [...events] as z.input<typeof event>[] };
  },
});

const follow = define({
  name: "events.follow",
  summary: { en: "what happens from now on, or after an id", ko: "지금부터, 또는 어떤 ID 다음에 일어나는 일" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({
    after: z.int().min(0).optional().meta({ description: "Begin behind this id: what a reader whose connection broke had last. Where events between are gone, an `events.gap` says so.", ko: "이 ID 다음부터. 연결이 끊긴 뒤 이어 읽을 때 씁니다. 그 사이 이벤트가 지워졌으면 `events.gap`으로 알립니다." }),
    name,
  }),
  result: z.null(),
  event,
  async run({ after, name }, { emit, signal }, port) {
    await port.follow({ after, name, emit: (each) => emit(each as unknown as JsonValue), signal });
    return null;
  },
});

export const eventCommands = [list, follow] as const satisfies readonly CommandDefinition<EventsPort>[];
