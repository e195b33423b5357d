import { type Launched, release } from "../src/cluster/launch.ts";
import { openInterruption } from "../src/interruption.ts";
import { processContext } from "./context.ts";
import { main } from "./main.ts";

/** Runs this process's command line to its end. The only place that exits. */
export async function run(argv: readonly string[], launched: Launched | undefined): Promise<void> {
  const interruption = openInterruption();
  process.once("SIGINT", interruption.interrupt);
  process.once("SIGTERM", interruption.interrupt);
  // A reader that has seen enough (`| head`) is no error
  process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? 0 : 1));

  const code = await main(argv, processContext(interruption, launched));
  // A verb that did not come to use it has not ended it either
  if (launched) release(launched);
  // Idle connections would keep the process alive; what was printed has to be out first
  process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
}
