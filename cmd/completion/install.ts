import { CliError } from "../../src/errors.ts";
import type { Fix } from "../../src/fix.ts";
import { printable } from "../../src/output/printable.ts";
import type { Programs } from "../../src/programs.ts";
import type { Session } from "../session.ts";
import { placeFor, placeOf } from "./place.ts";
import { isShim } from "./shim.ts";

/** What is wished of the program: in which folder, and whether only to say what would be done. */
type Options = { readonly dir: string | undefined; readonly dryRun: boolean };

/** Puts the program where kubectl finds it, and says so. What stands there and is right stays. */
export async function install({ dir, dryRun }: Options, session: Session): Promise<number> {
  const { programs } = session.context;
  const { shim, path } = await placeFor(dir, session.context);
  const before = await ours(path, programs);
  if (!dryRun && before !== shim.text) await programs.put(path, shim.text);
  const done = before === undefined ? "created" : before === shim.text ? "unchanged" : "configured";
  session.print(said(path, done, dryRun));
  const first = await programs.find(shim.name);
  if (first !== undefined && first !== path)
    session.warn(`kubectl finds ${first} first, by the order of your PATH; to take it back`, uninstalling);
  if (done !== "unchanged") session.hint(ownCompletion);
  return 0;
}

const uninstalling: Fix = { do: "shell", argv: ["kubectl", "acr-secret", "completion", "uninstall"] };

const ownCompletion: Fix = {
  do: "shell",
  argv: ["kubectl", "completion", "--help"],
  when: "Tab needs kubectl's own completion in your shell",
};

/** Takes the program back, from wherever kubectl finds it, and says so. */
export async function uninstall({ dir, dryRun }: Options, { context: { programs }, print }: Session): Promise<number> {
  const place = await placeOf(dir, programs);
  const there = place && (await ours(place.path, programs)) !== undefined;
  if (!there) {
    print(`${printable(place?.path ?? "kubectl_complete-acr_secret")} is not there\n`);
    return 0;
  }
  if (!dryRun) await programs.remove(place.path);
  print(said(place.path, "deleted", dryRun));
  return 0;
}

/** What stands there of ours. @throws CliError conflict for what somebody else put there */
async function ours(path: string, programs: Programs): Promise<string | undefined> {
  const text = await programs.read(path);
  if (text === undefined || isShim(text)) return text;
  throw new CliError("conflict", `${path} already exists and was not created by kubectl acr-secret`, { hint: "move it away, then retry" });
}

const said = (path: string, done: string, dryRun: boolean): string => `${printable(path)} ${done}${dryRun ? " (dry run)" : ""}\n`;
