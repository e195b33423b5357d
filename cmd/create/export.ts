import { usage } from "../../src/errors.ts";
import type { Secret } from "../../src/objects.ts";
import { printObjects } from "../../src/output/object.ts";
import { wantsTargets } from "../../src/usage/targets.ts";
import { type CreateOrder, exportSecret } from "../../src/verbs/create.ts";
import { conclude } from "../conclude.ts";
import { type Session, toolsOf } from "../session.ts";
import type { CreateFlags } from "./options.ts";

/** Prints the Secret of one namespace with a new password. @returns the exit code */
export async function exportOne(options: CreateOrder, flags: CreateFlags, session: Session): Promise<number> {
  const { force, output = "yaml", "dry-run": dryRun } = flags;
  if (output !== "yaml" && output !== "json") throw usage(`--export cannot be combined with -o ${output}; use yaml or json`);
  if (wantsTargets(options.targets)) throw usage("--export cannot be combined with targets; attach the Secret after you have applied it");
  // A dry run generates no password, but prints one that exists already
  const shows = dryRun === "none" || !options.isIssued;
  if (session.stdout.isTTY && shows && !force)
    throw usage("--export would show the password on the terminal; redirect the output, or add --force");
  if (session.output.isNull() && dryRun === "none")
    throw usage("--export would lose the password, because standard output is closed or /dev/null; redirect it to a file");
  const print = async (secret: Secret) => {
    session.print(await printObjects([secret], output));
    await session.output.written();
  };
  const outcomes = exportSecret({ ...options, print }, toolsOf(session, flags));
  const { namespace = "" } = options.source;
  return conclude(outcomes, session, { ...flags, output }, { namespaces: [namespace], open: false });
}
