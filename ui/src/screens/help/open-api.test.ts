import assert from "node:assert/strict";
import { test } from "node:test";
import { curlOf, kindOf, operationsOf, requestOf } from "./open-api.ts";
import type { Operation } from "./open-api.ts";

const [operation] = operationsOf({
  paths: {
    "/api/tokens/{name}": {
      post: {
        operationId: "tokens.create",
        summary: "a token",
        "x-summary-ko": "토큰",
        "x-role": "viewer",
        parameters: [{ name: "name", in: "path", required: true, schema: { type: "string" } }],
        requestBody: { content: { "application/json": { schema: { properties: { days: { type: "integer", default: 90 }, scope: { type: "array", items: { type: "string" } } }, required: ["days"] } } } },
        responses: { 200: { content: { "application/json": { schema: { type: "object" } } } }, 403: { description: "FORBIDDEN" } },
      },
    },
  },
});
assert.ok(operation !== undefined);
const made: Operation = operation;

test("api browser: an operation says what it takes, wherever it goes", () => assert.deepEqual(made.parameters.map(({ name, in: place, isRequired }) => [name, place, isRequired]), [["name", "path", true], ["days", "body", true], ["scope", "body", false]]));
test("api browser: kinds are said in a few words", () => {
  assert.equal(kindOf({ type: "integer", default: 90 }), "integer = 90");
  assert.equal(kindOf({ type: "array", items: { enum: ["a", "b"] } }), "a | b[]");
});
test("api browser: values go into the path and the body, what is empty stays out", () => assert.deepEqual(requestOf(made, { name: "그라파나/1", days: "30", scope: "" }), { url: "/api/tokens/%EA%B7%B8%EB%9D%BC%ED%8C%8C%EB%82%98%2F1", body: { days: 30 } }));
test("api browser: a line for curl quotes what a shell would take apart", () => assert.match(curlOf(made, { name: "a", days: "30", scope: `["it's"]` }, "http://h"), /-d '\{"days":30,"scope":\["it'\\''s"\]\}' 'http:\/\/h\/api\/tokens\/a'$/));
