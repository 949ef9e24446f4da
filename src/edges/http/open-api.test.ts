import assert from "node:assert/strict";
import { test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { allCommands } from "../all-commands.ts";
import { openApi } from "./open-api.ts";
import { pathText, routeOf } from "./route-of.ts";
import { ask, testRoom } from "./testing.ts";

type Operation = { readonly operationId: string; readonly summary: string; readonly parameters: readonly { readonly name: string; readonly in: string }[]; readonly responses: object; readonly "x-summary-ko": string };
type Document = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>; readonly components: { readonly securitySchemes: { readonly session: { readonly name: string } } } };

const described = JSON.parse(JSON.stringify(openApi(allCommands, { version: "1.2.3", cookie: "dure-8600" }))) as Document;

test("openapi: the document holds to OpenAPI 3.1", async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(described));
  assert.ok(valid, JSON.stringify({ errors }));
});

test("openapi: every command is there at its place, and nothing else is", () => {
  const places = Object.entries(described.paths).flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`));
  const wanted = allCommands.flatMap((command) => {
    const route = routeOf(command);
    const path = pathText(route, command.key);
    return [`${route.method} ${path}`, ...(route.isAlsoPost ? [`POST ${path}`] : [])];
  });
  assert.deepEqual(places.sort(), wanted.sort());
});

test("openapi: each operation has a name of its own, words in both languages, and every parameter of its path", () => {
  const operations = Object.entries(described.paths).flatMap(([path, each]) => Object.values(each).map((operation) => ({ path, operation })));
  const ids = operations.map(({ operation }) => operation.operationId);
  assert.deepEqual(ids, [...new Set(ids)]);
  for (const { path, operation } of operations) {
    assert.ok(operation.summary !== "" && /\p{Script=Hangul}/u.test(operation["x-summary-ko"]), operation.operationId);
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    assert.deepEqual(operation.parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name), inPath, path);
  }
});

test("openapi: it is served to whoever is known, and only to them", async () => {
  await using room = await testRoom();
  assert.equal((await ask(room, "/api/openapi.json", { role: null })).status, 401);
  const served = (await (await ask(room, "/api/openapi.json", { role: "viewer" })).json()) as Document;
  assert.ok("/api/things/{name}/weigh" in served.paths);
  assert.equal(served.components.securitySchemes.session.name, `dure-${room.door.port}`, "the cookie as it is called here");
  assert.deepEqual(Object.keys(served.paths["/api/things/follow"]?.["get"]?.responses ?? {}).includes("200"), true);
});
