import type { Tools } from "../../../src/actions/tools.ts";
import type { Credential, Issue, Need } from "../../../src/credential/kind.ts";
import type { Change } from "../../../src/plan/change.ts";
import type { ClusterScope } from "../../../src/scope/cluster-scopes.ts";
import { encodeDockerConfig } from "../../../src/secret/docker-config.ts";
import type { Entry } from "../../../src/secret/entry.ts";
import { pullSecret } from "../../../src/secret/pull-secret.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import { readersOf } from "../../../src/usage/namespace-reader.ts";
import type { ReadOptions } from "../../../src/usage/namespace-state.ts";
import { issueEach, issueShared, type Order } from "../../../src/workflows/create.ts";
import { envOf } from "../../support/fakes/env.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { accountsNamed } from "../../support/target-options.ts";

export const host = "myregistry.azurecr.io";
export const name = "acr-myregistry";
export const entry: Entry = { hosts: [host], kind: "given", identity: "ci" };
const login = { username: "ci", password: new Sensitive("ours") };
export const mint: Change = { act: "mint", to: { kind: "token.azurecr.io", name: "t" }, slot: "password1", inNew: true, because: "" };
export const issued = (more: Partial<Issue> = {}): Issue => ({
  steps: [],
  isLazy: true,
  entry,
  login,
  pulls: "unknown",
  mayPull: undefined,
  images: [],
  ...more,
});

/** Returns a `create` run in a world of namespaces, with a credential that a test defines, and the record of its calls. */
export function setting(names: readonly string[], issue: (need: Need) => Promise<Issue>, more: Partial<Order> & { force?: boolean } = {}) {
  const world = fakeWorld();
  addNamespaces(world.cluster, "kube-system", ...names);
  const needs: Need[] = [];
  const { force = false, ...of } = more;
  const env = envOf(world, { force, apply: async () => ({ login }) });
  const credential: Credential = {
    kind: "given",
    host,
    issue: (need) => {
      needs.push(need);
      return issue(need);
    },
    apply: env.tools.apply,
    removal: () => [],
  };
  const order: Order = {
    name,
    repositories: [],
    fromPods: false,
    podsTell: true,
    again: { verb: "create", secret: name, registry: "myregistry" },
    opening: Promise.resolve(credential),
    needsName: false,
    tools: () => env.tools,
    restart: "stuck",
    recreate: false,
    targets: accountsNamed("default"),
    ...of,
  };
  const clusterScope: ClusterScope = { cluster: env.cluster, namespaces: names, open: false };
  const places = (pods: ReadOptions["pods"] = "all") =>
    readersOf(clusterScope, { secret: name, targets: accountsNamed("default"), pods, lenient: false });
  return { world, env, order, needs, places, clusterScope };
}

export const put = (world: FakeWorld, namespace: string, of: Entry = entry, password = "ours") =>
  world.cluster.put(
    pullSecret(
      { kind: "secret", namespace, name },
      of,
      encodeDockerConfig(host, { username: of.identity, password: new Sensitive(password) }),
    ),
    "kubectl-acr-secret",
  );
export const each = ({ places, order, env }: ReturnType<typeof setting>) => Array.fromAsync(issueEach(places(), order, env.tools as Tools));
export const sharedBy = ({ places, order, clusterScope }: ReturnType<typeof setting>) =>
  Array.fromAsync(issueShared(places, clusterScope, order));
