// Takes syslog messages over UDP, TCP and TLS, as lines without their framing: a relay need not look into them, and parse.Syslog does where
// somebody wants their fields. Syslog has no ack: what was read and not yet written when the agent is killed is lost. A disk buffer behind
// shortens that window.
import { defineInput, z } from "#sdk/plugin.ts";
import { connectionOptions, receiveBufferOption, textOptions } from "./parts/text-options.ts";
import { serverTlsOption } from "./parts/tls-option.ts";

const PORT = 514;
/** RFC 5425. */
const TLS_PORT = 6514;

const options = z
  .strictObject({
    protocols: z.array(z.enum(["udp", "tcp", "tls"])).min(1).default(["udp", "tcp"]).meta({ description: "What to listen on, all in one step: udp and tcp on `port`, tls on `tls_port`.", ko: "한 단계에서 함께 들을 것: udp 와 tcp 는 `port`, tls 는 `tls_port` 에서 듣습니다." }),
    port: z.int().min(0).max(65_535).default(PORT).meta({ description: "Port for udp and tcp; below 1024 it needs rights (CAP_NET_BIND_SERVICE). 0 lets the system choose.", ko: "udp 와 tcp 의 포트. 1024 보다 작으면 권한(CAP_NET_BIND_SERVICE)이 필요합니다. 0 이면 시스템이 고릅니다." }),
    tls_port: z.int().min(0).max(65_535).default(TLS_PORT).meta({ description: "Port for tls.", ko: "tls 의 포트." }),
    ...textOptions({ tag: "syslog", host: "0.0.0.0", lineBytes: "64k" }),
    framing: z.enum(["auto", "newline", "nul", "octet_counting"]).default("auto").meta({
      description: "Framing over tcp and tls. auto: each frame that begins with a digit is counted (RFC 6587), others end at a newline. A datagram is one message. A newline inside a message becomes the two characters \\n.",
      ko: "tcp 와 tls 에서 메시지를 나누는 법. auto 는 숫자로 시작하는 프레임은 길이로(RFC 6587), 나머지는 줄바꿈으로 나눕니다. 데이터그램은 메시지 하나입니다. 메시지 안의 줄바꿈은 두 글자 \\n 이 됩니다.",
    }),
    tls: serverTlsOption().optional().meta({ description: "Certificate for tls.", ko: "tls 의 인증서." }),
    receive_buffer: receiveBufferOption(),
    ...connectionOptions(),
  })
  .superRefine((given, check) => {
    const wantsTls = given.protocols.includes("tls");
    if (wantsTls && given.tls === undefined) check.addIssue({ code: "custom", path: ["tls"], message: "protocol tls needs tls: { cert_file, key_file }", params: { ko: "프로토콜 tls 에는 tls: { cert_file, key_file } 설정이 필요합니다" } });
    if (!wantsTls && given.tls?.enabled === true) check.addIssue({ code: "custom", path: ["protocols"], message: "tls is given but nothing listens with it: add tls to protocols", params: { ko: "tls 설정이 있지만 쓰는 곳이 없습니다. protocols 에 tls 도 넣으세요" } });
    if (wantsTls && given.tls?.enabled === false) check.addIssue({ code: "custom", path: ["tls", "enabled"], message: "protocol tls cannot be listened for with TLS switched off", params: { ko: "TLS 를 끈 채로는 프로토콜 tls 를 들을 수 없습니다" } });
  });

export const syslog = defineInput({
  name: "Syslog",
  summary: { en: "Listens for syslog over UDP, TCP and TLS and gives its messages as lines. There is no ack: what was not yet written when the agent is killed is lost; a disk buffer behind shortens that window.", ko: "UDP, TCP, TLS 로 syslog 를 받아 메시지를 줄로 냅니다. 확인(ack)이 없어, 아직 쓰지 않은 것은 에이전트가 죽으면 잃습니다. 뒤에 디스크 버퍼를 두면 그 틈이 짧아집니다." },
  shorthand: "port",
  options,
  example: "in.Syslog:\n  port: 5514",
  async open(given, context) {
    const { TextServer } = await import("./parts/text-server.ts");
    const { Datagrams } = await import("./parts/datagrams.ts");
    const { textInput } = await import("./parts/text-input.ts");
    return textInput(given, context, async (framer, add) => {
      const { host, port, tls_port: tlsPort, protocols, receive_buffer: bufferBytes, max_connections: connectionsMax, idle_timeout: idleTimeoutMs, framing } = given;
      const plugin = "in.Syslog";
      if (protocols.includes("udp")) add(await Datagrams.listen({ plugin, host, port, bufferBytes, isMessage: true, framer: framer("auto") }, context));
      const served = { plugin, host, connectionsMax, idleTimeoutMs, framer: framer(framing) };
      if (protocols.includes("tcp")) add(await TextServer.listen({ ...served, port, tls: undefined }, context));
      if (protocols.includes("tls")) add(await TextServer.listen({ ...served, port: tlsPort, tls: given.tls }, context));
    });
  },
});
