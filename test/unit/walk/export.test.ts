import { expect, test } from "vitest";
import { failures, kills, Play } from "./play.ts";
import { create, fatesUpTo, kinds, stateOf } from "./scenarios.ts";

const pruning = "prune --registry myregistry --exported=all --older-than 0s --yes";

/** Every login that exports have left in Azure can be deleted. */
async function leavesNothing(play: Play): Promise<void> {
  await play.pass(120_000);
  const { run } = await play.alone(pruning);
  play.watch.check();
  const { tokens, scopeMaps } = stateOf(play);
  const { applications, principals, assignments } = play.world.azure.directory;
  if (run?.code !== 0) play.fail("prune fails");
  // An application without a role can do nothing, and neither can the role of a service principal that is gone. Prune finds neither
  const keys = applications.flatMap((one) => one.keys);
  const roles = assignments.filter(({ principalId }) => principals.some(({ id }) => id === principalId)).length;
  expect({ tokens, scopeMaps, roles, keys }, play.told("prune leaves something")).toEqual({
    tokens: [],
    scopeMaps: [],
    roles: 0,
    keys: [],
  });
}

test.for(kinds.map(({ what, kind }) => [what, kind] as const))(
  "prints a Secret again, and prune deletes what is left, after each request of create --export was disturbed: %s",
  { timeout: 120_000 },
  async ([, kind]) => {
    const line = create(kind, "--export").replace(" --serviceaccount default", "");
    const { trace } = await new Play().alone(line);
    for (const [step, fate] of fatesUpTo(trace.length, [...kills, ...failures])) {
      // Without the right to read the id of the cluster, prune can't say whose an exported application is
      if (kind !== "" && fate === "forbidden" && trace[step - 1] === "get namespace kube-system") continue;
      const play = new Play();
      await play.alone(line, { [step]: fate });
      expect((await play.alone(line)).run, play.told("the second run fails")).toMatchObject({ code: 0 });
      await leavesNothing(play);
    }
  },
);
