// The options of outputs that open a connection.
import { duration } from "#sdk/options.ts";
import { z } from "#sdk/plugin.ts";

/** A wait that has an end: 0 would give up before anything could happen, and a timer holds 24 days at most. */
export const waitingTime = () => duration().refine((ms) => 0 < ms && ms < 2 ** 31, { message: "write a time of more than 0s and less than 24d", params: { ko: "0s 보다 길고 24d 보다 짧은 시간을 쓰세요" } });

export function clientTlsOption() {
  return z
    .strictObject({
      enabled: z.boolean().default(true).meta({ description: "Whether the server speaks TLS.", ko: "서버가 TLS 를 쓰는지." }),
      ca_file: z.string().min(1).optional().meta({ description: "PEM file of the authority that signed the server's certificate; by default those of the system.", ko: "서버 인증서를 서명한 기관의 PEM 파일. 기본값은 시스템의 기관들." }),
      cert_file: z.string().min(1).optional().meta({ description: "PEM file with a certificate of our own, where the server asks for one.", ko: "서버가 요구할 때 보일 우리 인증서 PEM 파일." }),
      key_file: z.string().min(1).optional().meta({ description: "PEM file with the key of our certificate.", ko: "우리 인증서의 키 PEM 파일." }),
      verify: z.boolean().default(true).meta({ description: "Refuse servers whose certificate does not hold. false leaves the connection open to whoever stands between.", ko: "인증서가 맞지 않는 서버를 거절합니다. false 면 중간자를 막지 못합니다." }),
      server_name: z.string().min(1).optional().meta({ description: "Name the certificate must hold; by default host.", ko: "인증서에 있어야 할 이름. 기본값은 host." }),
    })
    .refine((tls) => (tls.cert_file === undefined) === (tls.key_file === undefined), { path: ["key_file"], message: "cert_file and key_file go together", params: { ko: "cert_file 과 key_file 은 함께 써야 합니다" } });
}

/** How a byte stream is kept up. */
export function streamOptions() {
  return {
    connect_timeout: waitingTime().prefault("10s").meta({ description: "Longest wait for a connection with its handshakes.", ko: "핸드셰이크까지 포함한 연결 대기의 상한." }),
    write_timeout: waitingTime().prefault("30s").meta({ description: "When the receiver takes no byte for so long, the batch is sent again over a new connection.", ko: "이 시간 동안 한 바이트도 받아 가지 않으면 새 연결로 다시 보냅니다." }),
    keepalive: z.boolean().default(true).meta({ description: "Keep the connection for the next batch.", ko: "다음 배치를 위해 연결을 유지합니다." }),
  };
}
