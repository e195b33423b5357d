// npm run bench: what the plugin costs beside kubectl, on the sandbox. The two ways of a comparison take turns, so that whatever
// else the machine does slows both; only the ratio is judged. Exits 1 if a budget is missed.
import { startSandbox } from "../sandbox/sandbox.ts";
import { compare } from "./bench/compare.ts";
import { createAndAttach } from "./bench/create-and-attach.ts";
import { report } from "./bench/report.ts";
import { startUp } from "./bench/start-up.ts";
import { packagePlugin } from "./package.ts";

const say = (line: string) => process.stderr.write(`${line}\n`);
const plugin = await packagePlugin({ progress: say });
const sandbox = await startSandbox({ progress: say });
const stop = async (code: number) => {
  await sandbox.stop();
  process.exit(code);
};
process.once("SIGINT", () => stop(130)).once("SIGTERM", () => stop(143));

try {
  const env = { ...sandbox.env, PATH: `${plugin.folder}:${sandbox.env["PATH"]}`, HOME: sandbox.folder };
  const kubectl = sandbox.binaries.program("kubectl");
  const results = [];
  for (const comparison of [startUp({ plugin: plugin.binary, kubectl, env }), createAndAttach({ kubectl, env })]) {
    say(`measuring ${comparison.name}`);
    results.push(await compare(comparison));
  }
  process.stdout.write(report(results));
  await stop(results.every(({ ratio, budget }) => ratio <= budget) ? 0 : 1);
} catch (error) {
  say(String(error));
  await stop(1);
}
