import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { account, stuckPod } from "../../support/fakes/cluster.ts";
import { stored } from "../../support/fakes/fleet.ts";
import type { Answer } from "../../support/fakes/terminal.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { run, type } from "../../support/in-process.ts";

const image = "myregistry.azurecr.io/app/web:1";

/** Returns all objects in the namespaces that list pull secrets, with those lists. */
const carriers = ({ cluster }: FakeWorld) =>
  Object.fromEntries(
    [
      ...cluster.all("serviceaccount").map(({ metadata, imagePullSecrets }) => [metadata, imagePullSecrets] as const),
      ...cluster.all("deployment.apps").map(({ metadata, spec }) => [metadata, spec.template.spec?.imagePullSecrets] as const),
    ].map(([{ namespace, name }, list = []]) => [`${namespace}/${name}`, list.map((one) => one.name).join(" ")]),
  );

const deployment = (namespace: string, name: string, more: object) =>
  ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace, uid: `${namespace}-${name}` },
    spec: { template: { metadata: {}, spec: { containers: [{ name: "c", image }], ...more } } },
  }) as const;

/**
 * Creates namespaces, each with a Deployment that lists pull secrets itself, one that runs as `web`, and `other`, which does not pull from
 * the registry.
 */
async function world(...namespaces: readonly string[]) {
  const made = await stored(...namespaces);
  for (const namespace of namespaces) {
    for (const name of ["web", "other"]) made.cluster.put(account(namespace, name));
    made.cluster.put(deployment(namespace, "own", { imagePullSecrets: [{ name: "theirs" }] }));
    made.cluster.put(deployment(namespace, "plain", { serviceAccountName: "web" }));
    made.cluster.put(stuckPod(namespace, "alone", image, { owner: "" }));
  }
  made.asking.forget();
  return made;
}

/** Runs a command line on a terminal with these answers. */
const at = (line: string, { ports }: FakeWorld, ...answers: readonly Answer[]) => type(line, ports, { answers, env: { CI: undefined } });

test("who names no target is shown what uses the registry and lacks the Secret, and what is chosen gets it", async () => {
  const here = await world("demo");

  const { stdout, stderr, code } = await at("attach -n demo", here, ["own"]);

  expect({ stdout, code }).toEqual({ stdout: "deployment.apps/own patched\n", code: 0 });
  expect(stderr.match(/(?<=\] )\S+/g)).toEqual(["serviceaccount/web", "serviceaccount/default", "deployment.apps/own"]);
  expect(carriers(here)).toMatchObject({
    "demo/default": "",
    "demo/other": "",
    "demo/web": "",
    "demo/own": "theirs acr-myregistry",
    "demo/plain": "",
  });
  expect((await at("attach acr-myregistry -n demo", here, "escape")).stderr).not.toContain("deployment.apps/own");
});

test("a dry run asks too, and changes nothing", async () => {
  const here = await world("demo");

  expect(await at("attach -n demo --dry-run=client", here, "all")).toMatchObject({
    stdout: "serviceaccount/web patched (dry run)\nserviceaccount/default patched (dry run)\ndeployment.apps/own patched (dry run)\n",
    code: 0,
  });
  expect(here.asking.writes).toEqual([]);
});

test("who takes the Secret away is shown what carries it", async () => {
  const here = await world("demo");
  await type("attach acr-myregistry -n demo serviceaccount/other deployment/own", here.ports);

  const { stdout, stderr } = await at("detach -n demo", here, ["other"]);

  expect(stdout).toBe("serviceaccount/other patched\n");
  expect(stderr).toContain("deployment.apps/own");
  expect(stderr).not.toContain("serviceaccount/web");
  expect(carriers(here)).toMatchObject({ "demo/other": "", "demo/own": "theirs acr-myregistry" });
});

test.for(["attach", "detach"])("whoever refuses what %s asks has changed nothing, and is told so", async (verb) => {
  const here = await world("demo");
  await type("attach -n demo serviceaccount/other", here.ports);
  here.asking.forget();

  const { stdout, stderr, code } = await at(`${verb} -n demo`, here, "escape");

  expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
  expect(stderr.split("\n").at(-2)).toBe(`error: nothing was chosen, so nothing is ${verb}ed`);
  expect(here.asking.writes).toEqual([]);
});

test("Ctrl-C ends the run as everywhere", async () => {
  const here = await world("demo");

  const { stdout, stderr, code } = await at("attach -n demo", here, "ctrl-c");

  expect({ stdout, code }).toEqual({ stdout: "", code: 130 });
  expect(stderr).not.toContain("error");
  expect(here.asking.writes).toEqual([]);
});

test("in several namespaces each target is shown with its own, and those of others stay as they are", async () => {
  const here = await world("team-a", "team-b");

  const { stdout, code } = await at("attach acr-myregistry --namespaces team-a,team-b", here, ["web in namespace team-b"]);

  expect({ stdout, code }).toEqual({ stdout: "serviceaccount/web patched in namespace team-b\n", code: 0 });
  expect(carriers(here)).toMatchObject({ "team-a/web": "", "team-b/web": "acr-myregistry", "team-b/default": "" });
});

test("a namespace that cannot be looked at does not keep the others from being chosen from", async () => {
  const here = await world("team-a", "team-b");
  here.asking.around(refusing(is("get secret team-a/"), () => new CliError("timeout", "no answer")));

  const { stdout, stderr, code } = await at("attach acr-myregistry --namespaces team-a,team-b", here, "all");

  expect(stdout.split("\n").filter((line) => line.includes("patched"))).toHaveLength(3);
  expect(stderr).toContain("team-a: ");
  expect(code).toBe(1);
});

test.for([
  {
    line: "attach -n demo",
    says: /^error: no target is named; of what uses its registry, these lack secret\/acr-myregistry: serviceaccount\/web, serviceaccount\/default, deployment.apps\/own\nhint: kubectl acr-secret attach -n demo acr-myregistry serviceaccount\/web\nhint: or --where-used for all of them\n$/,
  },
  {
    line: "detach -n demo",
    says: /^error: no target is named, and nothing names secret\/acr-myregistry\nhint: kubectl acr-secret detach -n demo acr-myregistry --serviceaccount default\nhint: or /,
  },
  {
    line: "attach absent -n demo",
    says: /^Error from server \(NotFound\): secrets "absent" not found\nhint: kubectl acr-secret create -n demo absent --registry REGISTRY\n$/,
  },
  { line: "attach -n demo -o name", says: /^error: no target is named; / },
])("in a pipe $line says what could be named", async ({ line, says }) => {
  const here = await world("demo");

  const { stdout, stderr, code } = await type(line, here.ports, { env: { CI: undefined } });

  expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
  expect(stderr).toMatch(says);
  expect(here.asking.writes).toEqual([]);
});

test("whoever may not see all that there is can name a target all the same", async () => {
  const here = await world("demo");
  here.asking.around(refusing(is("list cronjob"), () => new CliError("forbidden", "Error from server (Forbidden): no")));

  const { stderr } = await at("attach -n demo", here);

  expect(stderr).toBe(
    "error: no target is named\n" +
      "hint: kubectl acr-secret attach -n demo acr-myregistry --serviceaccount default\nhint: or deployment/NAME, or --all-serviceaccounts\n",
  );
});

test("the Secret has to say for which registry it is", async () => {
  const here = await world("demo");
  const data = { ".dockerconfigjson": Buffer.from('{"auths":{}}').toString("base64") };
  here.cluster.put({
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/dockerconfigjson",
    metadata: { name: "bare", namespace: "demo" },
    data,
  });

  const { stderr } = await run(["attach", "bare", "-n", "demo"], here.ports);

  expect(stderr).toMatch(
    /^error: secret\/bare does not say which registry its login is for: name the targets\nhint: kubectl acr-secret attach -n demo bare --serviceaccount default\n/,
  );
});
