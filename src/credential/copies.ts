import { CliError } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import { edit, outcomeOf } from "../kube/edit.ts";
import type { Secret } from "../objects.ts";
import type { Outcome } from "../outcome.ts";
import { type Copies, copiesData } from "../secret/record.ts";
import { copying, requestLimit, StartAgain, withdrawing } from "../secret/source.ts";
import { extend, type Hold, timeLeft } from "./hold.ts";

/** The most bytes of a Secret's data (core/v1 MaxSecretSize), less room for the login and for entries of other hosts. */
const mostBytes = 1024 * 1024 - 64 * 1024;

/** @throws CliError invalid if the list of the copies would not fit into the source */
export function checkCopies(copies: Copies): void {
  const bytes = Buffer.byteLength(copiesData(copies) ?? "", "base64");
  if (bytes <= mostBytes) return;
  const count = Object.keys(copies).length.toLocaleString("en-US");
  throw new CliError("invalid", `the list of ${count} copies has ${bytes} bytes, and a Secret has room for ${mostBytes}`, {
    hint: "share the namespaces among several Secrets, each with a selector of its own",
  });
}

type Known = { readonly object: Secret | undefined };

/**
 * Gives the copy in one namespace the login of its source, while the claim lasts.
 * @param known the Secret there as it was listed
 * @param replaces whether the copy takes the place of a Secret that is not its copy
 * @returns the outcome, with the error if another Secret is in the way or the write was refused
 * @throws StartAgain if the claim is ending
 */
export async function writeCopy(
  hold: Hold,
  namespace: string,
  { mayCreate, known, replaces }: Pick<Parameters<typeof copying>[1], "mayCreate" | "replaces"> & { readonly known?: Known },
): Promise<Outcome> {
  const { to: source, tools, credential, login } = hold;
  const to: Ref<"secret"> = { ...source, namespace };
  if (!credential) throw new StartAgain("the source has no login");
  await extend(hold);
  const decide = copying(to, { source, credential, login, mayCreate, replaces });
  // A late write could give the copy a login that another run has ended since
  const late = { act: "refuse", error: new StartAgain("the claim is ending") } as const;
  try {
    return outcomeOf(to, await edit(to, (old) => (timeLeft(hold) < requestLimit ? late : decide(old)), tools, known));
  } catch (error) {
    if (!(error instanceof CliError) || error instanceof StartAgain || tools.interrupted()) throw error;
    return { to, error };
  }
}

/** Takes the login out of the copy in one namespace, while the claim lasts. */
export async function withdrawCopy(hold: Hold, namespace: string): Promise<Outcome> {
  const { to: source, tools, credential } = hold;
  const to: Ref<"secret"> = { ...source, namespace };
  await extend(hold);
  return outcomeOf(to, await edit(to, withdrawing(source, credential?.host ?? ""), tools));
}
