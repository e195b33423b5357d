import { processContext } from "./context.ts";
import { deservesHeadStart } from "./head-start.ts";

const interrupt = new AbortController();
process.once("SIGINT", () => interrupt.abort());
process.once("SIGTERM", () => interrupt.abort());
// A reader that has seen enough (`| head`) is no error
process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? 0 : 1));

const argv = process.argv.slice(2);
const context = processContext(interrupt.signal, { headStart: deservesHeadStart(argv) });

// The verbs and the parser load while kubectl starts, so it has to be on its way first
setImmediate(async () => {
  const { main } = await import("./main.ts");
  const code = await main(argv, context);
  // Idle connections would keep the process alive; what was printed has to be out first
  process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
});
