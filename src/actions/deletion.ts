import type { Write } from "../cluster/port.ts";
import { CliError, isLost } from "../errors.ts";
import type { Ref } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import type { Tools } from "./tools.ts";

/** Looks at a Secret this often, where others write to it at the same time. */
export const rounds = 10;

/**
 * Writes to a Secret. Where the answer is lost, a look tells whether it has happened.
 * @param isDone whether the Secret, or that there is none, is what the write comes to
 * @throws CliError; Conflict where another has written since
 */
export async function writeTo(
  to: Ref<"secret">,
  write: Write,
  isDone: (secret: Secret | undefined) => boolean,
  tools: Tools,
): Promise<Secret | undefined> {
  const cluster = tools.cluster(to.context);
  try {
    return await cluster.write(to, write, tools.write);
  } catch (error) {
    if (!(error instanceof CliError) || !isLost(error) || tools.write.dryRun) throw error;
    const found = await tools
      .unhalted(() => cluster.get(to))
      .catch(() => {
        throw error;
      });
    if (!isDone(found)) throw error;
    return found;
  }
}
