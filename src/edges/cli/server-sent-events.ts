// Server-sent events of an answer, as they come (https://html.spec.whatwg.org/multipage/server-sent-events.html): a field a line, an empty line ends an event.

export interface ServerSentEvent {
  /** `message` unless it is named. */
  readonly event: string;
  readonly data: string;
}

/** An agent sends no event that is longer. */
const EVENT_LENGTH_MAX = 64 << 20;

export async function* serverSentEvents({ body }: Pick<Response, "body">): AsyncGenerator<ServerSentEvent> {
  if (body === null) return;
  let begun = "";
  let event = "message";
  let data: string[] = [];
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    begun += text;
    const lines = begun.split(/\r\n|\n|\r(?!$)/);
    begun = lines.pop() ?? "";
    if (EVENT_LENGTH_MAX < begun.length) throw new Error("an event is too long");
    for (const line of lines) {
      if (line === "") {
        if (0 < data.length) yield { event, data: data.join("\n") };
        event = "message";
        data = [];
        continue;
      }
      const [, field = "", value = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
      if (field === "event") event = value;
      else if (field === "data") data.push(value);
    }
  }
}
