// What the API is, in the words of OpenAPI 3.1: made from the declarations of the commands, for the browser of the dashboard's help and for
// whoever makes a client.
import { z } from "zod";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import { failureStatus } from "#kernel/commands/failure.ts";
import type { FailureCode } from "#kernel/commands/failure.ts";
import { pathText, routeOf } from "./route-of.ts";

type Json = Record<string, unknown>;
type Declared = Omit<CommandDefinition, "run">;

/** Why any call can fail, and why one that is about one thing, or changes something, can as well. */
const ALWAYS: readonly FailureCode[] = ["INVALID", "UNAUTHENTICATED", "FORBIDDEN", "BUSY", "FAILED", "UNAVAILABLE"];
const OF_ONE: readonly FailureCode[] = ["NOT_FOUND"];
const OF_CHANGES: readonly FailureCode[] = ["CONFLICT", "CONFIG_INVALID"];
const JSON_TYPE = "application/json";

/** `cookie`: what that of a login is called here. */
export function openApi(commands: readonly Declared[], { version, cookie }: { readonly version: string; readonly cookie: string }): Json {
  const paths: Record<string, Json> = {};
  for (const command of commands) {
    const route = routeOf(command);
    const path = pathText(route, command.key);
    const operations = (paths[path] ??= {});
    operations[route.method.toLowerCase()] = operation(command, route.method);
    if (route.isAlsoPost) operations["post"] = operation(command, "POST", "-by-post");
  }
  return {
    openapi: "3.1.0",
    info: { title: "Dure", version, description: "Everything that one can tell the agent, and everything it can show. The same commands are called over the WebSocket `/api/ws`: `{id, method, params}`." },
    servers: [{ url: "/" }],
    security: [{ token: [] }, { session: [] }],
    tags: [...new Set(commands.map(nounOf))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "`dure_…`, made by `tokens.create`." },
        session: { type: "apiKey", in: "cookie", name: cookie, description: "What a login in the browser gives." },
      },
      schemas: { Failure: FAILURE },
    },
  };
}

function operation(command: Declared, method: string, suffix = ""): Json {
  const { name, summary, role, effect, key, params, examples, event, isAudited } = command;
  const given = schemaOf(params, "input");
  const properties = (given["properties"] ?? {}) as Record<string, Json>;
  const required = (given["required"] ?? []) as string[];
  const isInPath = routeOf(command).path.includes(null);
  const rest = Object.entries(properties).filter(([parameter]) => !(isInPath && parameter === key));
  const isQuery = method === "GET";
  const path = isInPath && key !== undefined ? [parameterOf(key, "path", properties[key] ?? {}, true)] : [];
  const query = isQuery ? rest.map(([parameter, schema]) => parameterOf(parameter, "query", schema, required.includes(parameter))) : [];
  const needed = required.filter((parameter) => rest.some(([each]) => each === parameter));
  return {
    operationId: `${name}${suffix}`,
    tags: [nounOf(command)],
    summary: summary.en,
    "x-summary-ko": summary.ko,
    "x-command": name,
    "x-role": role,
    ...(effect === "change" || isAudited === true ? { "x-audited": true } : {}),
    ...(examples === undefined ? {} : { "x-cli": examples.map(({ line, text }) => ({ line, text: text.en, "text-ko": text.ko })) }),
    parameters: [...path, ...query],
    ...(isQuery || rest.length === 0
      ? {}
      : { requestBody: { required: 0 < needed.length, content: { [JSON_TYPE]: { schema: { type: "object", properties: Object.fromEntries(rest), ...(needed.length === 0 ? {} : { required: needed }), additionalProperties: false } } } } }),
    responses: {
      200: event === undefined ? { description: "The result.", content: { [JSON_TYPE]: { schema: schemaOf(command.result, "output") } } } : { description: "Server-sent events until the client goes; each holds this in its `data`.", content: { "text/event-stream": { schema: schemaOf(event, "output") } } },
      ...failures([...ALWAYS, ...(key === undefined ? [] : OF_ONE), ...(effect === "change" ? OF_CHANGES : [])]),
    },
  };
}

function parameterOf(name: string, place: "path" | "query", { description, ...schema }: Json, isRequired: boolean): Json {
  const words = [description ?? [], place === "path" ? "Where it is a verb of the API too, or begins with `~`, with a `~` before it." : []].flat().join(" ");
  return { name, in: place, required: place === "path" || isRequired, ...(words === "" ? {} : { description: words }), schema };
}

function failures(codes: readonly FailureCode[]): Json {
  const byStatus = Map.groupBy(codes, (code) => failureStatus[code]);
  return Object.fromEntries([...byStatus].map(([status, same]) => [status, { description: same.join(", "), content: { [JSON_TYPE]: { schema: { $ref: "#/components/schemas/Failure" } } } }]));
}

const TOLD = { type: "object", properties: { message: { type: "string" }, hint: { type: "string" } }, required: ["message"] };
const FAILURE = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message"],
      properties: {
        code: { type: "string", enum: Object.keys(failureStatus) },
        message: { type: "string" },
        hint: { type: "string", description: "What the reader can do." },
        ko: { ...TOLD, description: "The same in Korean." },
        issues: { type: "array", items: { type: "object", properties: { path: { type: "string" }, message: { type: "string" } }, required: ["path", "message"] } },
        details: {},
      },
    },
  },
};

/** Without references: they would point into the schema and not into the document. What contains itself may be anything from there on. */
function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, $defs: __, ...rest } = z.toJSONSchema(schema, { target: "draft-2020-12", io, unrepresentable: "any", reused: "inline", cycles: "ref" }) as Json;
  return JSON.parse(JSON.stringify(rest, (_key, value: unknown) => (typeof value === "object" && value !== null && "$ref" in value ? {} : value))) as Json;
}

function nounOf({ name }: Declared): string {
  return name.slice(0, name.indexOf("."));
}
