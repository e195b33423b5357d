import { dirname, join, resolve } from "node:path";
import { CliError } from "../../src/errors.ts";
import type { Programs } from "../../src/programs.ts";
import type { Context } from "../context.ts";
import { quoted } from "../line/format-command.ts";
import { type Shim, shims } from "./shim.ts";

/** The program that completes, and the path that it has. */
export type Placed = { readonly shim: Shim; readonly path: string };

/** Where the program is to be: in a folder of PATH, by default the one in which kubectl finds this plugin. @throws CliError config */
export async function placeFor(dir: string | undefined, { programs, files }: Pick<Context, "programs" | "files">): Promise<Placed> {
  const folder = dir === undefined ? await besidePlugin(programs) : resolve(dir);
  if (dir !== undefined && (await files.look(folder)) !== "folder")
    throw new CliError("config", `there is no folder ${folder}`, { hint: `mkdir -p ${quoted(folder)}` });
  if (!(await programs.searches(folder))) {
    const why = `${folder} is no folder of your PATH, so kubectl would not find the program there`;
    throw new CliError("config", why, { hint: await elsewhere(programs) });
  }
  const reason = await programs.closed(folder);
  if (reason !== undefined) throw new CliError("config", `cannot write to ${folder}: ${reason}`, { hint: await elsewhere(programs) });
  return placed(folder, programs);
}

/** Where the program is: in the folder that is named, else wherever kubectl finds it. Undefined where kubectl finds none. */
export async function placeOf(dir: string | undefined, programs: Programs): Promise<Placed | undefined> {
  if (dir !== undefined) return placed(resolve(dir), programs);
  const shim = shims[programs.system];
  const path = await programs.find(shim.name);
  return path === undefined ? undefined : { shim, path };
}

function placed(folder: string, { system }: Programs): Placed {
  const shim = shims[system];
  return { shim, path: join(folder, shim.name) };
}

const plugin = { posix: "kubectl-acr_secret", windows: "kubectl-acr_secret.exe" } as const;

async function besidePlugin(programs: Programs): Promise<string> {
  const found = await programs.find(plugin[programs.system]);
  if (found !== undefined) return dirname(found);
  throw new CliError("config", `${plugin[programs.system]} is in no folder of your PATH, so kubectl cannot find it either`, {
    hint: await elsewhere(programs),
  });
}

/** What to type instead: the first folder of PATH that may be written to. */
async function elsewhere(programs: Programs): Promise<string> {
  for (const folder of programs.folders)
    if ((await programs.closed(folder)) === undefined) return `kubectl acr-secret completion install --dir ${quoted(folder)}`;
  return "no folder of your PATH may be written to: run it as somebody who may, or add a folder of yours to PATH";
}
