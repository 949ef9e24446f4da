// A certificate of our own for 127.0.0.1 and localhost, made by the `openssl` program where the machine has it.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemCode } from "#base/errors.ts";

export interface SelfSigned {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Files in `dir`; undefined when there is no openssl. `names`: whom the certificate is for, as openssl writes it. With `by` it is signed by that one. */
export async function selfSigned(dir: string, name = "localhost", names = `DNS:${name}${name === "localhost" ? ",IP:127.0.0.1" : ""}`, by?: SelfSigned): Promise<SelfSigned | undefined> {
  const certFile = join(dir, `${name}.crt`);
  const keyFile = join(dir, `${name}.key`);
  try {
    await promisify(execFile)("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyFile, "-out", certFile, "-days", "2", "-subj", `/CN=${name}`, "-addext", `subjectAltName=${names}`, ...(by === undefined ? [] : ["-CA", by.certFile, "-CAkey", by.keyFile])]);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
  return { certFile, keyFile, cert: await readFile(certFile), key: await readFile(keyFile) };
}
