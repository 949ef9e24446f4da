// AWS Signature Version 4 of one request: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
import { createHash, createHmac } from "node:crypto";

export interface Signed {
  readonly method: string;
  /** As it goes over the wire: encoded. */
  readonly path: string;
  /** Parameters by name, not encoded. */
  readonly query?: Readonly<Record<string, string>>;
  /** All of them are signed; `host` and `x-amz-date` are among them. Names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body, in hex. */
  readonly bodyDigest: string;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const SERVICE = "s3";

/** The value of the `authorization` header. */
export function authorization({ method, path, query = {}, headers, bodyDigest }: Signed, { accessKeyId, secretAccessKey, region }: Credentials): string {
  const names = Object.keys(headers).toSorted();
  const time = headers["x-amz-date"] ?? "";
  const day = time.slice(0, 8);
  const parameters = Object.entries(query).map(([name, value]) => `${encoded(name)}=${encoded(value)}`).toSorted().join("&");
  const canonical = [method, path, parameters, ...names.map((name) => `${name}:${(headers[name] ?? "").trim().replaceAll(/ +/g, " ")}`), "", names.join(";"), bodyDigest].join("\n");
  const scope = `${day}/${region}/${SERVICE}/aws4_request`;
  const text = [ALGORITHM, time, scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const key = [day, region, SERVICE, "aws4_request"].reduce<Buffer | string>((before, part) => createHmac("sha256", before).update(part).digest(), `AWS4${secretAccessKey}`);
  return `${ALGORITHM} Credential=${accessKeyId}/${scope},SignedHeaders=${names.join(";")},Signature=${createHmac("sha256", key).update(text).digest("hex")}`;
}

/** `20130524T000000Z`. */
export function amazonDate(ms: number): string {
  return `${new Date(ms).toISOString().replaceAll(/[-:]/g, "").slice(0, 15)}Z`;
}

/** Percent-encoded as the signature wants it: all but letters, digits and -._~ */
export function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A key as a path: slashes stay. */
export function encodedKey(key: string): string {
  return key.split("/").map(encoded).join("/");
}
