// Reads lines that are sent in datagrams. UDP promises nothing: what finds no room is dropped by the system or here, and counted where that
// is known; what was read and not yet written when the agent is killed is lost. A disk buffer behind shortens that window.
import { defineInput, z } from "#sdk/plugin.ts";
import { receiveBufferOption, textOptions } from "./parts/text-options.ts";

const options = z.strictObject({
  port: z.int().min(0).max(65_535).meta({ description: "UDP port to listen on; 0 lets the system choose.", ko: "들을 UDP 포트. 0 이면 시스템이 고릅니다." }),
  ...textOptions({ tag: "udp", host: "127.0.0.1", lineBytes: "64k" }),
  framing: z.enum(["newline", "message"]).default("newline").meta({
    description: "What a datagram is: lines, or one message, whose inner newlines become the two characters \\n.",
    ko: "데이터그램의 뜻: 여러 줄(newline), 또는 메시지 하나(message). 메시지 안의 줄바꿈은 두 글자 \\n 이 됩니다.",
  }),
  receive_buffer: receiveBufferOption(),
});

export const udp = defineInput({
  name: "Udp",
  summary: { en: "Listens on UDP for lines of text. There is no ack: what finds no room, or was not yet written when the agent is killed, is lost; a disk buffer behind shortens that window.", ko: "UDP 로 텍스트 줄을 받습니다. 확인(ack)이 없어, 자리가 없거나 아직 쓰지 않은 것은 에이전트가 죽으면 잃습니다. 뒤에 디스크 버퍼를 두면 그 틈이 짧아집니다." },
  options,
  shorthand: "port",
  example: "in.Udp:\n  host: 0.0.0.0\n  port: 5170",
  async open(given, context) {
    const { Datagrams } = await import("./parts/datagrams.ts");
    const { textInput } = await import("./parts/text-input.ts");
    return textInput(given, context, async (framer, add) => {
      const { host, port, receive_buffer: bufferBytes, framing } = given;
      add(await Datagrams.listen({ plugin: "in.Udp", host, port, bufferBytes, isMessage: framing === "message", framer: framer(framing === "message" ? "auto" : "newline") }, context));
    });
  },
});
