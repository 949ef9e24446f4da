// TLS as an input that listens is told of it.
import { z } from "#sdk/plugin.ts";

export interface ServerTls {
  readonly enabled: boolean;
  readonly cert_file: string;
  readonly key_file: string;
  readonly ca_file?: string | undefined;
}

export function serverTlsOption() {
  return z.strictObject({
    enabled: z.boolean().default(true).meta({ description: "Whether clients must use TLS.", ko: "클라이언트가 TLS 를 써야 하는지." }),
    cert_file: z.string().min(1).meta({ description: "PEM file with this server's certificate (and its chain).", ko: "이 서버의 인증서(와 체인) PEM 파일." }),
    key_file: z.string().min(1).meta({ description: "PEM file with the key of the certificate.", ko: "인증서의 키 PEM 파일." }),
    ca_file: z.string().min(1).optional().meta({ description: "PEM file; when set, clients must show a certificate signed by one of these authorities.", ko: "PEM 파일. 쓰면 클라이언트도 이 기관들이 서명한 인증서를 보여야 합니다." }),
  });
}
