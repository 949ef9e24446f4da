// A reporter of node:test that writes, when all is over, how many tests passed and failed and which were skipped, and why.
export default async function* skipsReporter(events) {
  let passed = 0;
  let failed = 0;
  const skipped = [];
  for await (const { type, data } of events) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (data.skip !== undefined && data.skip !== false) skipped.push({ name: data.name, file: data.file, reason: typeof data.skip === "string" ? data.skip : "" });
    else if (data.details?.type === "suite") continue; // Its tests count.
    else if (type === "test:pass") passed += 1;
    else failed += 1;
  }
  yield JSON.stringify({ passed, failed, skipped });
}
