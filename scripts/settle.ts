// settle.ts FOLDER: reads what V8 has compiled of the bundles in it, and writes it again. V8 numbers functions in the order in which it
// comes to them, which in a run (scripts/warm.ts) depends on who answers first; read one after the other they have the same numbers always.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";

const [folder = ""] = process.argv.slice(2);
const bundles = readdirSync(folder)
  .filter((file) => file.endsWith(".cjs"))
  .sort();

for (const filename of bundles) {
  const cache = join(folder, filename.replace(/cjs$/, "cache"));
  const script = new Script(readFileSync(join(folder, filename), "latin1"), { filename, cachedData: readFileSync(cache) });
  if (script.cachedDataRejected !== false) throw new Error(`V8 does not take what it has compiled of ${filename}`);
  writeFileSync(cache, script.createCachedData());
}
