import { CliError } from "../../src/errors.ts";
import { credentialKey } from "../../src/secret/record.ts";
import { type Asked, is } from "./fakes/asked.ts";
import { stuckPod } from "./fakes/cluster.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "./fakes/world.ts";

export const token = "demo-acr-myregistry-wpglvmjhiai25iab";
export const line = "create --registry myregistry --serviceaccount default -n demo";

/** Returns a namespace whose pod waits for an image that it has no credential for. */
export function demo(): FakeWorld {
  const world = fakeWorld();
  addNamespaces(world.cluster, "demo");
  world.cluster.put(stuckPod("demo", "web-1", "myregistry.azurecr.io/app/web:1"));
  return world;
}

export const granted = ({ azure }: FakeWorld, map = token) =>
  (azure.scopeMaps.get(map)?.actions ?? []).flatMap((action) => /^repositories\/(.*)\/content\/read$/.exec(action)?.[1] ?? []);

/** Returns the record of the Secret, or an empty object. */
export const entryOf = ({ cluster }: FakeWorld) =>
  JSON.parse(cluster.get("secret", "demo", "acr-myregistry")?.metadata.annotations?.[credentialKey] ?? "{}");

/** Returns the facts about the namespace `demo` and about Azure that tests compare. */
export function stateOf(world: FakeWorld) {
  const { azure, cluster, loginIn } = world;
  const { directory } = azure;
  const login = loginIn("demo");
  return {
    scopeMap: azure.scopeMaps.has(token),
    slots: [...(azure.tokens.get(token)?.passwords.keys() ?? [])].join(),
    secret: login ? (azure.knows(login) ? "alive" : "dead") : cluster.get("secret", "demo", "acr-myregistry") ? "empty" : "none",
    attached: (cluster.get("serviceaccount", "demo", "default")?.imagePullSecrets ?? []).map(({ name }) => name).join(),
    pod: cluster.get("pod", "demo", "web-1") ? "waits" : "evicted",
    username: login?.username,
    password: login?.password,
    entry: entryOf(world),
    granted: granted(world),
    tokens: [...azure.tokens.keys()],
    applications: directory.applications.map(({ displayName, keys }) => `${displayName}: ${keys.map((key) => key.displayName).join(", ")}`),
    principals: directory.principals.length,
    roles: directory.assignments.length,
  };
}

export const nothing = { scopeMap: false, slots: "", secret: "none", attached: "", pod: "waits" };
export const everything = { scopeMap: true, slots: "password1", secret: "alive", attached: "acr-myregistry", pod: "evicted" };

/** The hint for a Secret that no target uses yet. */
export const next = "hint: kubectl acr-secret attach -n demo acr-myregistry --serviceaccount default";

/** The warning about a login that the user supplies. */
export const unchecked = 'Warning: the rights of login "ci" at myregistry.azurecr.io are not checked';

/** The outcomes of a run that creates everything in Kubernetes. */
export const attachedAll = ["secret/acr-myregistry created", "serviceaccount/default patched", "pod/web-1 restarted"];
/** The outcomes of `line` in `demo()`. */
export const made = [`scopemap.azurecr.io/${token} created (+app/web)`, `token.azurecr.io/${token} created`, ...attachedAll];
/** The outcomes of `line` when everything is up to date. Azure is not asked. */
export const kept = ["secret/acr-myregistry unchanged", "serviceaccount/default unchanged"];

export const refused = () => new CliError("forbidden", "Error from server (Forbidden): no");
export const lost = () => new CliError("unreachable", "the answer was lost");
export const exactly = (text: string) => (asked: Asked) => is(text)(asked) && asked.dryRun === text.endsWith("(dry run)");
