import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { expect, test } from "vitest";
import { imageName } from "../../../scripts/release/destinations.ts";
import { root } from "../../../scripts/run.ts";

type Step = { readonly id?: string; readonly uses?: string; readonly run?: string; readonly with?: Readonly<Record<string, unknown>> };
type Job = { readonly needs?: string; readonly permissions?: Readonly<Record<string, string>>; readonly steps: readonly Step[] };

const { jobs, permissions } = load(readFileSync(join(root, ".github/workflows/release.yml"), "utf8")) as {
  readonly jobs: Readonly<Record<string, Job>>;
  readonly permissions: Readonly<Record<string, string>>;
};

const jobsWith = (isMeant: (step: Step) => boolean) => Object.values(jobs).filter(({ steps }) => steps.some(isMeant));
const runs = (command: string) => (step: Step) => step.run?.includes(command) === true;
const uses = (action: string) => (step: Step) => step.uses?.startsWith(`${action}@`) === true;

/** The actions whose code is pinned by the commit, because they run no container image. */
const pinned = ["actions/checkout", "actions/setup-node", "actions/setup-go", "actions/attest-build-provenance"];

test("gives a permission to write only to jobs whose actions are pinned", () => {
  const reads = Object.entries({ workflow: { permissions, steps: [] }, ...jobs }).filter(([, job]) =>
    Object.values(job.permissions ?? {}).every((access) => access === "read"),
  );
  const others = jobsWith(({ uses }) => uses !== undefined && !pinned.includes(uses.split("@")[0] ?? ""));

  expect(reads.map(([name]) => name)).toEqual(["workflow", "test", "krew"]);
  expect(others).toEqual([jobs["krew"]]);
});

test("runs krew-release-bot after the publication, with the permission to read alone", () => {
  expect(jobsWith(uses("rajatjindal/krew-release-bot"))).toEqual([
    expect.objectContaining({ needs: "publish", permissions: { contents: "read" } }),
  ]);
});

test("checks the tag with the whole history before it publishes", () => {
  const [check] = jobsWith(runs("npm run release -- check"));

  expect(check?.steps.find(uses("actions/checkout"))?.with).toMatchObject({ "fetch-depth": 0 });
  expect(jobs["publish"]?.needs).toBe("test");
  expect(check).toBe(jobs["test"]);
});

test("attests the image that it has pushed", () => {
  const steps = jobs["publish"]?.steps ?? [];
  const push = steps.findIndex(runs("npm run publish -- image"));

  expect(steps.slice(push).find(uses("actions/attest-build-provenance"))?.with).toEqual({
    "subject-name": imageName,
    "subject-digest": `\${{ steps.${steps[push]?.id}.outputs.digest }}`,
  });
});
