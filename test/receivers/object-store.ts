// A store that takes objects as S3 does: it checks the signature (from the raw request, by the rules of AWS and nothing of ours), the
// hash of the body and its checksum, and remembers the objects.
import { createHash, createHmac } from "node:crypto";
import { startHttpReceiver } from "./http-receiver.ts";
import type { HttpReceiver, Received, Reply } from "./http-receiver.ts";

export interface ObjectStore extends AsyncDisposable {
  readonly web: HttpReceiver;
  /** By path, decoded. */
  readonly objects: Map<string, Received>;
}

export async function startObjectStore({ secret, region, afterwards = () => undefined }: { secret: string; region: string; afterwards?: () => Reply | undefined }): Promise<ObjectStore> {
  const objects = new Map<string, Received>();
  const refusal = (status: number, code: string): Reply => ({ status, body: `<?xml version="1.0"?><Error><Code>${code}</Code></Error>` });
  const web = await startHttpReceiver({
    otherwise(request) {
      if (request.method === "HEAD") return { status: 403 };
      if (request.method !== "PUT") return refusal(405, "MethodNotAllowed");
      if (!isSigned(request, secret, region)) return refusal(403, "SignatureDoesNotMatch");
      const sum = createHash("sha256").update(request.raw).digest();
      if (request.headers["x-amz-content-sha256"] !== sum.toString("hex")) return refusal(400, "XAmzContentSHA256Mismatch");
      if (request.headers["x-amz-checksum-sha256"] !== sum.toString("base64")) return refusal(400, "BadDigest");
      objects.set(decodeURIComponent(request.path), request);
      return afterwards() ?? {};
    },
  });
  return { web, objects, [Symbol.asyncDispose]: () => web[Symbol.asyncDispose]() };
}

function isSigned({ method, path, headers }: Received, secret: string, expectedRegion: string): boolean {
  const match = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(headers.authorization ?? "");
  if (match === null) return false;
  const [, , day = "", region = "", signedNames = "", signature] = match;
  const names = signedNames.split(";");
  // Whatever speaks to the store by a header of its own must be signed.
  const needed = Object.keys(headers).filter((name) => name === "host" || name.startsWith("x-amz-"));
  if (region !== expectedRegion || needed.some((name) => !names.includes(name)) || names.join() !== [...names].sort().join()) return false;
  if (15 * 60_000 < Math.abs(Date.now() - timeOf(String(headers["x-amz-date"])))) return false;
  let canonical = `${method}\n${path.split("?")[0]}\n${path.split("?")[1] ?? ""}\n`;
  for (const name of names) canonical += `${name}:${String(headers[name]).trim()}\n`;
  canonical += `\n${signedNames}\n${String(headers["x-amz-content-sha256"])}`;
  const toSign = `AWS4-HMAC-SHA256\n${String(headers["x-amz-date"])}\n${day}/${region}/s3/aws4_request\n${createHash("sha256").update(canonical).digest("hex")}`;
  const sign = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
  const key = sign(sign(sign(sign(`AWS4${secret}`, day), region), "s3"), "aws4_request");
  return sign(key, toSign).toString("hex") === signature;
}

function timeOf(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}
