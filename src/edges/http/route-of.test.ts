import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { allCommands } from "../all-commands.ts";
import { keyIn, pathFor, pathText, routeOf } from "./route-of.ts";

for (const [name, effect, key, expected] of [
  ["pipelines.list", "read", undefined, "GET /api/pipelines"],
  ["pipelines.show", "read", "name", "GET /api/pipelines/{name}"],
  ["agent.show", "read", undefined, "GET /api/agent"],
  ["users.create", "change", undefined, "POST /api/users"],
  ["users.create", "change", "name", "POST /api/users"],
  ["users.update", "change", "name", "PATCH /api/users/{name}"],
  ["users.remove", "change", "name", "DELETE /api/users/{name}"],
  ["users.set-password", "change", "name", "POST /api/users/{name}/set-password"],
  ["pipelines.tap", "read", "pipeline", "GET|POST /api/pipelines/{pipeline}/tap"],
  ["config.check", "read", undefined, "GET|POST /api/config/check"],
  ["agent.reload", "change", undefined, "POST /api/agent/reload"],
  ["dead-letters.replay", "change", "id", "POST /api/dead-letters/{id}/replay"],
] as const) {
  test(`routes: ${name} is ${expected}`, () => {
    const route = routeOf({ name, effect, ...(key === undefined ? {} : { key }) });
    assert.equal(`${route.method}${route.isAlsoPost ? "|POST" : ""} ${pathText(route, key)}`, expected);
  });
}

test("routes: a key goes into the path whatever it holds", () => {
  assert.equal(pathFor({ name: "pipelines.tap", effect: "read", key: "pipeline" }, "웹 로그/1", allCommands), "/api/pipelines/%EC%9B%B9%20%EB%A1%9C%EA%B7%B8%2F1/tap");
});

test("routes: no two commands have one place, and a change is never a GET", () => {
  const places = allCommands.flatMap((command) => {
    const route = routeOf(command);
    if (command.effect === "change") assert.notEqual(route.method, "GET", command.name);
    const path = pathText(route);
    return [`${route.method} ${path}`, ...(route.isAlsoPost ? [`POST ${path}`] : [])];
  });
  assert.ok(0 < places.length);
  assert.deepEqual(places, [...new Set(places)]);
});

test("routes: whatever a key is, its path is no other command's, and the key comes out of it again", () => {
  const verbs = [...new Set(allCommands.map(({ name }) => name.split(".")[1] ?? ""))];
  const keys = fc.oneof(fc.constantFrom(...verbs, ".", "..", "~", "~watch", "~~", "%2e%2e", "a/b", "a?b#c"), fc.string({ minLength: 1, unit: "grapheme" }).filter((key) => key.isWellFormed()));
  const fixed = new Map(allCommands.flatMap((command) => (routeOf(command).path.includes(null) ? [] : [[`${routeOf(command).method} ${pathText(routeOf(command))}`, command.name] as const])));
  for (const command of allCommands.filter((each) => routeOf(each).path.includes(null)))
    fc.assert(
      fc.property(keys, (key) => {
        const { pathname } = new URL(pathFor(command, key, allCommands), "http://agent");
        assert.equal(fixed.get(`${routeOf(command).method} ${pathname}`), undefined, command.name);
        const words = pathname.split("/").slice(2);
        const at = routeOf(command).path.indexOf(null);
        assert.deepEqual([words.length, keyIn(decodeURIComponent(words[at] ?? ""))], [routeOf(command).path.length, key]);
      }),
    );
});
