import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import type { KubeObject } from "../../../src/objects.ts";
import { scheduleName } from "../../../src/schedule/objects.ts";
import { refusing } from "../../support/fakes/asked.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import { type } from "../../support/in-process.ts";
import { namedTeams, objectsOf } from "../../support/scheduled.ts";

const name = scheduleName("platform", "teams");

/** Runs `apply` as a CronJob does whose policy is in the cluster. @param kind the kind of object whose reads fail with the error */
async function applyScheduled(kind?: string, error?: CliError) {
  const { cluster, asking, ports } = worldOf(["platform", "team-a", "team-b"]);
  cluster.about.user = `system:serviceaccount:platform:${name}`;
  const objects: KubeObject[] = await objectsOf("schedule -f -");
  for (const object of objects.filter((one) => one.kind.startsWith("Validating"))) cluster.put(object);
  if (kind && error)
    asking.around(
      refusing(
        ({ at }) => at.startsWith(`${kind}.`),
        () => error,
      ),
    );
  const ended = await type("apply -f -", ports, { stdin: namedTeams, env: { ACR_SECRET_POLICY: name } });
  return { ...ended, other: asking.all.filter((call) => !/validatingadmissionpolic|selfsubjectreview|^user/.test(call)) };
}

test("applies the file when the policy and its binding limit the run to it", async () => {
  expect(await applyScheduled()).toMatchObject({ code: 0, stdout: expect.stringContaining("secret/acr-blue created") });
});

const unknownKind = new CliError("notFound", "Error from server (NotFound): the server could not find the requested resource");
const forbidden = new CliError("forbidden", `Error from server (Forbidden): ${name} is forbidden: User "x" cannot get resource`);
const noAnswer = new CliError("unreachable", "no answer");

test.for(
  ["validatingadmissionpolicy", "validatingadmissionpolicybinding"].flatMap((kind) => [
    {
      when: `the API server has no ${kind}`,
      kind,
      error: unknownKind,
      says: /does not limit system:serviceaccount:platform:teams-\w{8} to these files$/m,
    },
    { when: `the role may not read its ${kind}`, kind, error: forbidden, says: /\(Forbidden\)/ },
    { when: `the API server does not answer for its ${kind}`, kind, error: noAnswer, says: /no answer/ },
  ]),
)("ends a run of apply before any other request when $when", async ({ kind, error, says }) => {
  expect(await applyScheduled(kind, error)).toEqual({ code: 1, stdout: "", stderr: expect.stringMatching(says), other: [] });
});
