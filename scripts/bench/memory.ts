import { median } from "./compare.ts";
import { watch } from "./fleet/watched.ts";
import type { Row } from "./report.ts";
import { lines } from "./start-up.ts";

const runs = 11;

/** Megabytes that a start may use in addition to kubectl's own start. */
const budget = 20;

/** Returns the peak memory of each of these commands, compared with `kubectl version`. */
export async function memory({ plugin, kubectl, env }: { plugin: string; kubectl: string; env: NodeJS.ProcessEnv }): Promise<Row[]> {
  const theirs = await peakOf(kubectl, lines["start-up"], env);
  const rows: Row[] = [];
  for (const [name, line] of Object.entries(lines)) {
    const ours = await peakOf(plugin, line, env);
    rows.push({ what: `memory of ${name}`, runs, ours: said(ours), other: `${said(theirs)} kubectl`, figure: ours - theirs, budget });
  }
  return rows;
}

async function peakOf(program: string, line: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const peaks: number[] = [];
  for (let run = 0; run < runs; run++) peaks.push((await watch(program, line, env, 1)).peak ?? Number.NaN);
  return median(peaks);
}

const said = (megabytes: number) => `${megabytes.toFixed(0)} MB`;
