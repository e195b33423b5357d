import { asCliError, CliError, Interrupted } from "../errors.ts";
import type { Fix } from "../fix.ts";
import { joinNames, nameOf, type Ref } from "../kinds.ts";
import type { Change } from "../plan/change.ts";
import { nameInPlace } from "../wording.ts";
import type { Env } from "./action.ts";
import { rollbackOf } from "./actions.ts";
import type { ChangeOutcome } from "./outcome.ts";
import type { Tools } from "./tools.ts";

/** Rolls back changes in Azure, the last one first, even after an interruption. @returns the changes that could not be rolled back */
export function rollback(done: readonly ChangeOutcome[], { tools, claims }: Pick<Env, "tools" | "claims">): Promise<ChangeOutcome[]> {
  const back = rollbacksOf(done);
  if (back.length === 0 || tools.dryRun !== "none") return Promise.resolve([]);
  return tools.uninterrupted(async () => {
    const remaining: ChangeOutcome[] = [];
    await tools.during("Rolling back changes in Azure", async () => {
      for (const change of back) {
        const error = await tools.apply(change).then(() => undefined, asCliError);
        if (error) remaining.push({ change, error, ...byHand(change, tools) });
      }
    });
    if (remaining.length > 0) claims.keepPassword();
    return remaining;
  });
}

/**
 * Keeps changes in Azure whose password a Secret may hold, because pods that use it must be able to pull.
 * @param holders these Secrets
 * @returns the outcome that reports this
 */
export function keepUncertain(
  done: readonly ChangeOutcome[],
  holders: readonly Ref[],
  { tools, claims }: Pick<Env, "tools" | "claims">,
): ChangeOutcome[] {
  const back = rollbacksOf(done).filter(({ act }) => act === "delete");
  const [first] = back;
  if (!first) return [];
  claims.keepPassword();
  const names = joinNames(holders.map(nameInPlace));
  const message = `${names} may hold the new credential, so the credential is kept. If not, run`;
  const steps = back.map((change) => ({ do: "shell", argv: tools.removal(change) }) as const);
  return [{ change: first, left: "failed", messages: [message], fix: { do: "steps", steps } }];
}

/** Says what to do about a change that was not rolled back. An object that existed before the run must not be deleted. */
function byHand(change: Change, tools: Tools): Pick<ChangeOutcome, "messages" | "fix"> {
  if (change.act !== "delete") return { messages: [`${nameOf(change.to)} could not be restored`] };
  return { messages: ["a change could not be rolled back. Run"], fix: { do: "shell", argv: tools.removal(change) } };
}

const rollbacksOf = (done: readonly ChangeOutcome[]) => done.toReversed().flatMap(({ change }) => rollbackOf(change) ?? []);

/** Adds to the error that ended a run what could not be rolled back, even after an interruption. */
export function withLeft(error: unknown, remaining: readonly ChangeOutcome[], tools: Tools): unknown {
  if (remaining.length === 0 || !(error instanceof CliError)) return error;
  const hints = [error.hint ?? [], remaining.flatMap(hintsOf)].flat();
  return (tools.interrupted() ? new Interrupted(error.message, { cause: error }) : error).withHint({ do: "hints", hints });
}

function hintsOf({ messages = [], fix }: ChangeOutcome): (string | Fix)[] {
  const when = messages.join("; ");
  return fix?.do === "shell" ? [{ ...fix, when }] : [...messages, ...(fix ? [fix] : [])];
}
