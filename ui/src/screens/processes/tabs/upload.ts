// Sends a file as a browser's form does, and tells how far it is. `fetch` tells nothing of what it has sent.
import type { ResultOf } from "#edges/all-commands.ts";
import { CallFailure, factsOf, unreachable } from "../../../agent/failure.ts";

export type Program = ResultOf<"programs.upload">;

export function uploadProgram(process: string, file: File, onPart: (part: number) => void, signal: AbortSignal): Promise<Program> {
  return new Promise((resolve, reject) => {
    const asked = new XMLHttpRequest();
    asked.open("POST", `/api/programs/${encodeURIComponent(process)}/file`);
    asked.responseType = "json";
    asked.upload.addEventListener("progress", ({ loaded, total }) => onPart(total === 0 ? 0 : loaded / total));
    asked.addEventListener("load", () => {
      if (200 <= asked.status && asked.status < 300) resolve(resultOf(asked.response));
      else reject(failureOf(asked.response));
    });
    asked.addEventListener("error", () => reject(unreachable()));
    asked.addEventListener("abort", () => reject(new DOMException("given up", "AbortError")));
    signal.addEventListener("abort", () => asked.abort(), { once: true });
    const form = new FormData();
    form.set("file", file, file.name);
    asked.send(form);
  });
}

function resultOf(body: unknown): Program {
  return (typeof body === "object" && body !== null && "result" in body ? body.result : body) as Program;
}

function failureOf(body: unknown): CallFailure {
  const facts = factsOf(body);
  return facts === undefined ? unreachable() : new CallFailure(facts);
}
