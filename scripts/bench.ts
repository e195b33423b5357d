// npm run bench: compares the plugin with kubectl, and over many namespaces with a bare load that only sends the same requests, on the
// sandbox. The two sides of a comparison take turns, so other load on the machine slows both. Only the ratio is judged. Exits 1 if a budget
// is exceeded.
// NAMESPACES=10000 npm run bench -- estate: measures commands over a cluster with ten ServiceAccounts, five pods and two copies per namespace.
import { cp } from "node:fs/promises";
import { basename, join } from "node:path";
import { startSandbox } from "../sandbox/sandbox.ts";
import { compare } from "./bench/compare.ts";
import { createAndAttach } from "./bench/create-and-attach.ts";
import { estate } from "./bench/estate.ts";
import { fleet } from "./bench/fleet/fleet.ts";
import { memory } from "./bench/memory.ts";
import { isMet, report } from "./bench/report.ts";
import { startUps } from "./bench/start-up.ts";
import { packagePlugin } from "./package.ts";

const say = (line: string) => process.stderr.write(`${line}\n`);
const packaged = await packagePlugin({ progress: say });
const sandbox = await startSandbox({ progress: say });
const stop = async (code: number) => {
  await sandbox.stop();
  process.exit(code);
};
process.once("SIGINT", () => stop(130)).once("SIGTERM", () => stop(143));

try {
  // Packaging writes the program at once, so the page cache has large parts of it. Each part that is used counts as resident memory: up to
  // 30 MB more than for a program from an archive, or for a copy
  const folder = join(sandbox.folder, "plugin");
  await cp(packaged.folder, folder, { recursive: true });
  const plugin = join(folder, basename(packaged.binary));
  const env = { ...sandbox.env, PATH: `${folder}:${sandbox.env["PATH"]}`, HOME: sandbox.folder };
  const kubectl = sandbox.binaries.program("kubectl");
  const isEstate = process.argv[2] === "estate";
  const rows = isEstate
    ? await estate({ sandbox, kubectl, env, say }, Number(process.env["NAMESPACES"] ?? 10_000))
    : await memory({ plugin, kubectl, env });
  for (const comparison of isEstate ? [] : [...startUps({ plugin, kubectl, env }), createAndAttach({ kubectl, env })]) {
    say(`measuring ${comparison.name}`);
    rows.push(await compare(comparison));
  }
  if (!isEstate) rows.push(...(await fleet({ sandbox, kubectl, env, say })));
  process.stdout.write(report(rows));
  await stop(rows.every(isMet) ? 0 : 1);
} catch (error) {
  say(String(error));
  await stop(1);
}
