import type { Secret } from "../../src/objects.ts";
import { credentialKey } from "../../src/secret/record.ts";
import { pullSecret } from "../support/fakes/cluster.ts";
import type { Act, Play } from "../unit/walk/play.ts";
import { host, name } from "../unit/walk/watch.ts";

const own = /^(app|b|c)-acr-myregistry-/;

const managedBy = (tool: string) => ({ "app.kubernetes.io/managed-by": tool });

/** Another tool says that a Secret is its own. */
function relabel({ world: { cluster } }: Play, namespace: string): void {
  const secret = cluster.get("secret", namespace, name);
  if (!secret) return;
  const { metadata } = secret;
  cluster.put({ ...secret, metadata: { ...metadata, labels: { ...metadata.labels, ...managedBy("Helm") } } } as Secret);
}

/** Colleagues who use az and terraform in the same registry. */
export const colleagues: readonly Act[] = [
  function azDeletesAToken({ world: { azure } }) {
    const [name] = [...azure.tokens.keys()].filter((one) => own.test(one));
    if (name !== undefined) azure.removeToken(name);
  },
  function azEndsPassword2({ world: { azure } }) {
    for (const [name, { passwords }] of azure.tokens) if (own.test(name)) passwords.delete("password2");
  },
  function azEndsAKey({ world: { azure } }) {
    azure.directory.applications[0]?.keys.shift();
  },
  function terraformMakesAToken({ world: { azure } }) {
    azure.putScopeMap({ name: "theirs", actions: ["repositories/app/web/content/read"] });
    if (!azure.tokens.has("theirs")) azure.putToken("theirs", ["password1", "password2"]);
  },
  function terraformReplacesItsPassword({ world: { azure } }) {
    if (azure.tokens.has("theirs")) azure.generate("theirs", "password1");
  },
  function helmLabelsTheSource(play) {
    relabel(play, "app");
  },
  function helmLabelsTheCopy(play) {
    relabel(play, "b");
  },
  function aTenantForgesTheSource({ world: { cluster } }) {
    const record = cluster.get("secret", "app", name)?.metadata.annotations?.[credentialKey];
    if (record === undefined) return;
    const forged = pullSecret("evil", name, { [host]: { username: "guess", password: "wrong" } });
    const metadata = { ...forged.metadata, labels: managedBy("kubectl-acr-secret"), annotations: { [credentialKey]: record } };
    cluster.put({ ...forged, metadata } as Secret);
  },
];
