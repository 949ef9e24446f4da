// The examples of the AWS documentation: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { amazonDate, authorization, encodedKey } from "./signature.ts";

const CREDENTIALS = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region: "us-east-1" };
const HOST = { host: "examplebucket.s3.amazonaws.com", "x-amz-date": "20130524T000000Z" };
const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

for (const { name, method = "GET", path, query, headers = {}, body = "", signature } of [
  { name: "GET of an object", path: "/test.txt", headers: { range: "bytes=0-9" }, signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41" },
  { name: "PUT of an object", method: "PUT", path: `/${encodedKey("test$file.text")}`, headers: { date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" }, body: "Welcome to Amazon S3.", signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd" },
  { name: "GET of a bucket's lifecycle", path: "/", query: { lifecycle: "" }, signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543" },
  { name: "GET of a bucket's list", path: "/", query: { prefix: "J", "max-keys": "2" }, signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7" },
] as { name: string; method?: string; path: string; query?: Record<string, string>; headers?: Record<string, string>; body?: string; signature: string }[]) {
  test(`out.S3: the published signature of a ${name}`, () => {
    const bodyDigest = hash(body);
    const value = authorization({ method, path, ...(query === undefined ? {} : { query }), headers: { ...HOST, ...headers, "x-amz-content-sha256": bodyDigest }, bodyDigest }, CREDENTIALS);
    assert.equal(/Signature=(\w+)$/.exec(value)?.[1], signature);
  });
}

test("out.S3: times and keys are written as the store reads them", () => {
  assert.equal(amazonDate(Date.UTC(2013, 4, 24, 1, 2, 3, 999)), "20130524T010203Z");
  assert.equal(encodedKey("로그/a b+c'(~).gz"), "%EB%A1%9C%EA%B7%B8/a%20b%2Bc%27%28~%29.gz");
});
