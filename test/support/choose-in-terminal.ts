// Has a person choose among the names that it is started with, and prints which were chosen; run by test/cli/choose.test.ts.
import { chooseTargets } from "../../cmd/choose-targets.ts";
import { processContext } from "../../cmd/context.ts";
import { openSession } from "../../cmd/session.ts";
import type { CliError } from "../../src/errors.ts";
import { openInterruption } from "../../src/interruption.ts";
import { printError } from "../../src/output/error.ts";

const interruption = openInterruption();
process.on("SIGINT", interruption.interrupt);
process.on("SIGTERM", () => {
  process.exitCode = 143;
  interruption.interrupt();
});
const context = processContext(interruption);
const session = openSession(context, {});
const candidates = process.argv.slice(2).map((name) => ({ kind: "serviceaccount", name, namespace: "demo" }) as const);

try {
  const chosen = await chooseTargets(session, candidates, { verb: "attach", secret: "acr", where: "one", output: undefined });
  session.print(`chosen: ${chosen.map(({ name }) => name).join(" ")}\n`);
} catch (error) {
  if (interruption.halted) process.exit(process.exitCode ?? 130);
  printError({ ...context, spell: session.spell }, error as CliError);
  process.exitCode = 1;
}
