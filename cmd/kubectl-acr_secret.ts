import { processContext } from "./context.ts";
import { main } from "./main.ts";

const interrupt = new AbortController();
process.once("SIGINT", () => interrupt.abort());
process.once("SIGTERM", () => interrupt.abort());
// A reader that has seen enough (`| head`) is no error
process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? 0 : 1));

main(process.argv.slice(2), processContext(interrupt.signal)).then((code) => {
  // Idle connections would keep the process alive; what was printed has to be out first
  process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
});
