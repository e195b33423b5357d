import { CliError } from "../errors.ts";
import { keyOf, type Ref } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import { readHeld } from "../observe/held.ts";
import type { Keep, Refer } from "../plan/change.ts";
import { isOf } from "../plan/keys.ts";
import { saidTargets } from "../plan/said.ts";
import type { Outcome } from "./outcome.ts";
import { refer } from "./refer.ts";
import { settle } from "./settle.ts";
import { newRun, type Tools } from "./tools.ts";

/** What a run has put into the cluster and takes along when it ends: a Secret where there was none, a name in a list. */
export type Belonging =
  | Refer
  | { readonly act: "store"; readonly to: Ref<"secret">; readonly hosts: readonly string[]; readonly uid: string };

/** What has come to belong to a run by an outcome. */
export function belongingOf({ change, object, error, left }: Outcome): Belonging | undefined {
  if (error || left) return undefined;
  if (change.act === "attach") return change;
  if (change.act !== "store" || change.stands) return undefined;
  return { act: "store", to: change.to, hosts: change.entry.hosts, uid: object?.metadata.uid ?? "" };
}

/** Takes away what belongs to a run, last first, also after an interruption. What is not as it was left stays, and is told. */
export function takeAway(belongings: readonly Belonging[], tools: Tools): Promise<Outcome[]> {
  return tools.unhalted(async () => {
    const outcomes: Outcome[] = [];
    for (const belonging of belongings.toReversed()) outcomes.push(await takeOne(belonging, tools));
    return outcomes;
  });
}

async function takeOne(belonging: Belonging, tools: Tools): Promise<Outcome> {
  try {
    return await (belonging.act === "store" ? remove(belonging, tools) : detach(belonging, tools));
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const { to } = belonging;
    if (error.kind === "notFound") return { change: gone(to), left: "failed" };
    return { change: { act: "delete", to, because: "the run has ended" }, error, ...leftBy(belonging) };
  }
}

const gone = (to: Ref): Keep => ({ act: "keep", to, because: "it is gone" });

/** What is left, with the command that takes it away. */
function leftBy(belonging: Belonging): Required<Pick<Outcome, "says" | "fix">> {
  if (belonging.act === "store") {
    const { name } = belonging.to;
    return { says: [`secret/${name} is left`], fix: { do: "delete-secret", secret: name } };
  }
  const { secret, to } = belonging;
  return { says: [`secret/${secret} stays attached`], fix: { do: "detach", secret, ...saidTargets([to]) } };
}

const detach = ({ to, secret, before, after }: Refer, tools: Tools) =>
  refer({ act: "detach", to, secret, before: after, after: before }, { tools, run: newRun(), seen: new Map() });

type Deletion = { readonly act: "delete"; readonly to: Ref<"secret">; readonly because: string };

/** The Secret goes only as it was made: another of its name, or one that came to hold other logins, stays. */
async function remove({ to, hosts, uid }: Extract<Belonging, { act: "store" }>, { cluster, write, sleep }: Tools): Promise<Outcome> {
  const absent = gone(to);
  const { change } = await settle<Secret | undefined, Deletion | Keep, unknown>(
    {
      observe: () => cluster(to.context).get(to),
      decide: (secret) => {
        if (!secret) return absent;
        const inside = readHeld(secret, "", write.fieldManager).held.hosts;
        const others = inside.some((server) => !hosts.some((host) => isOf(host, server)));
        if (!others && secret.metadata.uid === uid) return { act: "delete", to, because: "the run has ended" };
        return { act: "keep", to, because: others ? "it holds other logins" : "it is another one" };
      },
      write: (_, secret) => cluster(to.context).write(to, { delete: { uid, version: secret?.metadata.resourceVersion ?? "" } }, write),
    },
    { rounds: 10, pause: () => sleep(5) },
  );
  if (change.act !== "keep") return { change };
  return { change, left: "failed", says: change === absent ? [] : [`secret/${to.name} stays: ${change.because}`] };
}

/** Names what belongs to a run, each once. */
export const belongingKey = ({ act, to }: Belonging): string => `${act} ${keyOf(to)}`;
