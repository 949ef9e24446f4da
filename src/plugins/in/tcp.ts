// Reads lines that are sent over TCP. A sender is told nothing: what was read and not yet written when the agent is killed is lost, and so
// is what was on its way. A disk buffer behind shortens that to milliseconds; in.Forward is for what must not be lost.
import { defineInput, z } from "#sdk/plugin.ts";
import { connectionOptions, textOptions } from "./parts/text-options.ts";
import { serverTlsOption } from "./parts/tls-option.ts";

const options = z.strictObject({
  port: z.int().min(0).max(65_535).meta({ description: "TCP port to listen on; 0 lets the system choose.", ko: "들을 TCP 포트. 0 이면 시스템이 고릅니다." }),
  ...textOptions({ tag: "tcp", host: "127.0.0.1", lineBytes: "1MB" }),
  framing: z.enum(["newline", "nul", "octet_counting", "auto"]).default("newline").meta({
    description: "Where a message ends: at a newline, at a NUL byte, or after the count in front of it (RFC 6587: `5 hello`). auto: a message that begins with a count is counted, others end at a newline. A newline inside a message becomes the two characters \\n.",
    ko: "메시지가 끝나는 곳: 줄바꿈(newline), NUL 바이트(nul), 앞에 적힌 길이만큼(octet_counting, RFC 6587: `5 hello`). auto 는 길이로 시작하면 길이로, 아니면 줄바꿈으로 나눕니다. 메시지 안의 줄바꿈은 두 글자 \\n 이 됩니다.",
  }),
  tls: serverTlsOption().optional().meta({ description: "TLS; without it connections are plain.", ko: "TLS. 없으면 평문으로 연결합니다." }),
  ...connectionOptions(),
});

export const tcp = defineInput({
  name: "Tcp",
  summary: { en: "Listens on TCP for lines of text. There is no ack: what was read and not written when the agent is killed is lost; a disk buffer behind shortens that window.", ko: "TCP 로 텍스트 줄을 받습니다. 확인(ack)이 없어, 읽고 아직 쓰지 않은 것은 에이전트가 죽으면 잃습니다. 뒤에 디스크 버퍼를 두면 그 틈이 짧아집니다." },
  options,
  shorthand: "port",
  example: "in.Tcp:\n  host: 0.0.0.0\n  port: 5170",
  async open(given, context) {
    const { TextServer } = await import("./parts/text-server.ts");
    const { textInput } = await import("./parts/text-input.ts");
    return textInput(given, context, async (framer, add) => {
      const { host, port, tls, max_connections: connectionsMax, idle_timeout: idleTimeoutMs, framing } = given;
      add(await TextServer.listen({ plugin: "in.Tcp", host, port, tls, connectionsMax, idleTimeoutMs, framer: framer(framing) }, context));
    });
  },
});
