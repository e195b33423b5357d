import { keyOf } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import type { Keep, Remove } from "../plan/change.ts";
import { readEntries } from "../secret/entry.ts";
import { isWithdrawn } from "../secret/withdrawal.ts";
import { asConflict, standingOf } from "./claim.ts";
import { rounds, writeTo } from "./deletion.ts";
import type { Outcome } from "./outcome.ts";
import { settle } from "./settle.ts";
import type { Bench } from "./tools.ts";

/**
 * Deletes a Secret on the version of the look. One that another has written to since is looked at again: one that another has made in its
 * place stays, and so does one that came to hold a login again.
 */
export async function remove(change: Remove, { tools, seen }: Bench): Promise<Outcome> {
  const { to } = change;
  let first = seen.get(keyOf(to)) as Secret | undefined;
  const stays = (because: string): Keep => ({ act: "keep", to, because });
  const gone = stays("it is gone");
  const settled = await settle<Secret | undefined, Remove | Keep, Secret | undefined>(
    {
      observe: async () => {
        const secret = first ?? (await tools.cluster(to.context).get(to));
        first = undefined;
        return secret;
      },
      decide: (secret) => {
        if (!secret) return gone;
        if (secret.metadata.uid !== change.stands.uid) return stays("it is another one");
        const entries = readEntries(secret) ?? [];
        if (change.withdrawn && !tools.write.dryRun && !isWithdrawn(secret, { entries, noted: true }))
          return stays("another run wrote a login to it");
        return { ...change, entries, stands: standingOf(secret) };
      },
      write: async ({ stands }, secret) => {
        await writeTo(to, { delete: stands }, (found) => found?.metadata.uid !== stands.uid || isLeaving(found), tools).catch(asConflict);
        return secret;
      },
    },
    { rounds, pause: () => tools.sleep(5) },
  );
  if (settled.change.act !== "keep") return { change: settled.change, object: settled.written };
  // Whoever else has deleted it did what was asked
  if (settled.change === gone) return { change };
  return { change: settled.change, left: "failed", says: [`secret/${to.name} stays: ${settled.change.because}`] };
}

const isLeaving = ({ metadata }: Secret): boolean => metadata.deletionTimestamp !== undefined;
