import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import type { KubeObject, Pod } from "../../../src/objects.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { account, pullSecret, stuckPod } from "../../support/fakes/cluster.ts";
import { stored } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { type TargetName, targetObject } from "../../support/situations/target-objects.ts";

const image = "myregistry.azurecr.io/app/web:1";
const put = ({ cluster }: FakeWorld, kind: TargetName, name: string, names?: string[], namespace = "demo") =>
  cluster.put(targetObject(kind, { namespace, name }, names) as KubeObject);
const strict = (namespace: string, name: string, names: readonly string[] = []): KubeObject => {
  const { metadata, ...rest } = account(namespace, name, names);
  return { ...rest, metadata: { ...metadata, annotations: { "kubernetes.io/enforce-mountable-secrets": "true" } } };
};

/** A world with a ServiceAccount `app`, and what a test puts into it. */
async function world(fill: (made: FakeWorld) => void = () => {}): Promise<FakeWorld> {
  const made = await stored("demo");
  made.cluster.put(account("demo", "app"));
  fill(made);
  return made;
}

const attach = "attach acr-myregistry -n demo";
const app = `${attach} --serviceaccount app`;

const situations: readonly {
  readonly id: string;
  readonly what: string;
  readonly typed: string;
  fill(made: FakeWorld): void;
  readonly told: string;
  /** What a second run tells. */
  readonly again: string;
}[] = [
  {
    id: "own-list",
    what: "a Deployment's pods show it",
    typed: app,
    fill: (made) => {
      const { cluster } = made;
      put(made, "deployment", "web", ["theirs"]);
      const { metadata, ...rest } = stuckPod("demo", "web-5c7d4-1", image, { serviceAccount: "app", names: ["theirs"] });
      const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5c7d4", uid: "u", controller: true };
      for (const name of ["web-5c7d4-1", "web-5c7d4-2"])
        cluster.put({ ...rest, metadata: { ...metadata, name, labels: { "pod-template-hash": "5c7d4" }, ownerReferences: [owner] } });
    },
    told:
      "deployment.apps/web has imagePullSecrets of its own, and gets none of those of serviceaccount/app, acr-myregistry among them: " +
      "kubectl acr-secret attach acr-myregistry deployment/web -n demo",
    again: "same",
  },
  {
    id: "own-list",
    what: "a Job, as a template that was read",
    typed: `${attach} --where-used`,
    fill: (made) => {
      put(made, "job", "migrate", ["theirs"]);
      put(made, "deployment", "web");
    },
    told:
      "job.batch/migrate has imagePullSecrets of its own, and gets none of those of serviceaccount/app: " +
      "make it anew with acr-myregistry",
    again: "same",
  },
  {
    id: "hides-account-list",
    what: "a template without a list",
    typed: `${attach} deployment/web`,
    fill: (made) => {
      made.cluster.put(account("demo", "app", ["theirs"]));
      put(made, "deployment", "web");
    },
    told:
      "deployment.apps/web had no list, and its pods no longer get what serviceaccount/app lists: theirs: " +
      "kubectl acr-secret attach acr-myregistry --serviceaccount app -n demo && kubectl acr-secret detach acr-myregistry deployment/web -n demo",
    again: "",
  },
  {
    id: "mountable-only",
    what: "a template of a strict ServiceAccount",
    typed: `${attach} cronjob/report`,
    fill: (made) => {
      made.cluster.put(strict("demo", "app"));
      put(made, "cronjob", "report");
    },
    told:
      "serviceaccount/app lets pods name only what it lists itself (kubernetes.io/enforce-mountable-secrets), so those of " +
      "cronjob.batch/report will be refused: kubectl acr-secret attach acr-myregistry --serviceaccount app -n demo",
    again: "same",
  },
  {
    id: "dangling-name",
    what: "a name whose Secret is gone",
    typed: app,
    fill: ({ cluster }) => void cluster.put(account("demo", "app", ["gone"])),
    told: "serviceaccount/app also lists secret/gone, which is not there: kubectl acr-secret detach gone --serviceaccount app -n demo",
    again: "",
  },
  {
    id: "dangling-name",
    what: "a name that no Secret can have costs no request",
    typed: app,
    fill: ({ cluster }) => void cluster.put(account("demo", "app", ["../x"])),
    told: `serviceaccount/app also lists secret/"../x", which is not there: kubectl acr-secret detach --serviceaccount app --dangling -n demo`,
    again: "",
  },
  {
    id: "secret-type",
    what: "a name of a Secret for something else",
    typed: app,
    fill: ({ cluster }) => {
      cluster.put(account("demo", "app", ["color"]));
      cluster.put({ ...pullSecret("demo", "color"), type: "Opaque" });
    },
    told:
      "serviceaccount/app also lists secret/color, which is of type Opaque, not kubernetes.io/dockerconfigjson: " +
      "kubectl acr-secret detach color --serviceaccount app -n demo",
    again: "",
  },
  {
    id: "malformed-secret",
    what: "a name of a Secret that spoils the others",
    typed: app,
    fill: ({ cluster }) => {
      cluster.put(account("demo", "app", ["bad"]));
      cluster.put(pullSecret("demo", "bad", { "a.io": { auth: "!" } }));
    },
    told:
      "serviceaccount/app also lists secret/bad, which spoils all pull secrets of a pod: illegal base64 data at input byte 0: " +
      "kubectl acr-secret detach bad --serviceaccount app -n demo",
    again: "",
  },
  {
    id: "malformed-secret",
    what: "the Secret itself",
    typed: "attach bad -n demo --serviceaccount app",
    fill: ({ cluster }) => void cluster.put(pullSecret("demo", "bad", { "a.io": { auth: "!" } })),
    told: "secret/bad spoils all pull secrets of a pod that names it: illegal base64 data at input byte 0",
    again: "same",
  },
  {
    id: "empty-name",
    what: "an entry without a name",
    typed: app,
    fill: ({ cluster }) => void cluster.put({ ...account("demo", "app"), imagePullSecrets: [{}] }),
    told:
      "serviceaccount/app also has an entry without a name, for which the cluster autoscaler passes over pods that wait: " +
      "kubectl acr-secret detach --serviceaccount app --dangling -n demo",
    again: "",
  },
  {
    id: "no-key",
    what: "a template of another registry",
    typed: "attach theirs -n demo deployment/web",
    fill: (made) => {
      made.cluster.put(pullSecret("demo", "theirs", { "myregistri.azurecr.io": { username: "ci", password: "x" } }));
      put(made, "deployment", "web");
    },
    told:
      `deployment.apps/web pulls ${image}, but secret theirs has a login for myregistri.azurecr.io only (one letter from myregistry.azurecr.io): ` +
      `kubectl acr-secret check theirs --image ${image} -n demo`,
    again: "",
  },
  {
    id: "no-key",
    what: "a key without a password",
    typed: "attach theirs -n demo deployment/web",
    fill: (made) => {
      made.cluster.put(pullSecret("demo", "theirs", { "myregistry.azurecr.io": { username: "ci" } }));
      put(made, "deployment", "web");
    },
    told:
      `deployment.apps/web pulls ${image}, but secret theirs has no login at all: its auths are empty: ` +
      `kubectl acr-secret check theirs --image ${image} -n demo`,
    again: "",
  },
];

test.for(situations)("$id: $what", async ({ id, typed, fill, told, again }) => {
  const made = await world(fill);

  const first = await type(typed, made.ports);
  expect(first).toMatchObject({ code: 0, stderr: `Warning: ${told}\n` });

  const dry = await type(`${typed} -o jsonl`, (await world(fill)).ports);
  const lines = dry.stdout.trimEnd().split("\n");
  const outcomes = lines.map((line) => JSON.parse(line) as { result: string; ids?: string[]; warnings?: string[] });
  expect(outcomes.filter(({ ids }) => ids)).toMatchObject([{ result: "told", ids: [id], warnings: [told] }]);

  expect(await type(typed, made.ports)).toMatchObject({ code: 0, stderr: again === "same" ? first.stderr : "" });
});

test("a copy of what a ServiceAccount had once is not taken for a template's own list", async () => {
  const made = await world((each) => {
    each.cluster.put(account("demo", "app", ["other"]));
    each.cluster.put(pullSecret("demo", "other"));
    put(each, "statefulset", "web");
    each.cluster.put(stuckPod("demo", "web-0", image, { owner: "StatefulSet", serviceAccount: "app", names: ["old"] }));
  });

  const { stderr } = await type(app, made.ports);

  expect(made.asking.all).toContain("get statefulset.apps demo/web");
  expect(stderr).toMatch(/^Warning: pod\/web-0 has other imagePullSecrets than serviceaccount\/app: .*\n$/);
});

test("a dry run warns before anything is written", async () => {
  const made = await world((each) => {
    each.cluster.put(account("demo", "app", ["theirs"]));
    put(each, "deployment", "web");
  });

  for (const run of ["client", "server"])
    expect((await type(`${attach} deployment/web --dry-run=${run}`, made.ports)).stderr).toMatch(
      /^Warning: deployment.apps\/web had no list/,
    );
});

test("create warns too, also of what its new Secret will have no key for", async () => {
  const made = await world((each) => {
    each.cluster.put(account("demo", "app", ["gone"]));
    const pod: Pod = stuckPod("demo", "web-1", "MyRegistry.azurecr.io/app/web:1", { serviceAccount: "app", names: ["gone"] });
    each.cluster.put({ ...pod, status: { phase: "Running" } });
  });

  const { stderr, code } = await type("create other --registry myregistry --repository app/web -n demo --serviceaccount app", made.ports);

  expect(code).toBe(0);
  expect(stderr).toBe(
    "Warning: serviceaccount/app also lists secret/gone, which is not there: kubectl acr-secret detach gone --serviceaccount app -n demo\n" +
      "Warning: serviceaccount/app pulls MyRegistry.azurecr.io/app/web:1, but secret other has a login for myregistry.azurecr.io only " +
      "(capitals count: the image says MyRegistry.azurecr.io): " +
      "kubectl acr-secret check other --image MyRegistry.azurecr.io/app/web:1 -n demo\n",
  );
});

test("nothing is told of a target that could not be written", async () => {
  const made = await world(({ cluster }) => void cluster.put(pullSecret("demo", "theirs")));
  put(made, "deployment", "web");
  made.asking.around(refusing(is("patch deployment.apps"), () => new CliError("forbidden", "Error from server (Forbidden): no")));

  expect(await type("attach theirs -n demo deployment/web", made.ports)).toMatchObject({
    stderr: "Error from server (Forbidden): no\n",
    code: 1,
  });
});

test("who may not read what warnings need is not warned, and attaches all the same", async () => {
  const made = await world((each) => {
    each.cluster.put(strict("demo", "app", ["theirs"]));
    put(each, "deployment", "web", ["gone"]);
  });
  const denied = (text: string) => text === "get serviceaccount demo/app" || text === "get secret demo/gone";
  made.asking.around(
    refusing(
      ({ call, at }) => denied(`${call} ${at}`),
      () => new CliError("forbidden", "no"),
    ),
  );

  expect(await type(`${attach} deployment/web`, made.ports)).toEqual({ stdout: "deployment.apps/web patched\n", stderr: "", code: 0 });
});
