// `npm run bench -- NAME [options]`: each name is a file in this folder.
const BENCHES = ["pipelines", "kernels", "validate", "syslog", "tap", "many", "multi-line", "log-search", "dashboard", "dashboard-logs", "api", "processes", "jobs"];

const [, , name = "pipelines"] = process.argv;
if (!BENCHES.includes(name)) {
  console.error(`there is no bench named ${name}; choose from ${BENCHES.join(", ")}, and give its options after it`);
  process.exit(2);
}
await import(`./${name}.ts`);
