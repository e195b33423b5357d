import { keyless, type Puller, type WantedImage } from "../check/near-miss.ts";
import { joinNames, nameOf, type Ref, type TargetKind } from "../kinds.ts";
import { buildKeyring } from "../kubelet/keyring.ts";
import type { PodSpec, Secret } from "../objects.ts";
import type { Change, Plan } from "../plan/change.ts";
import type { ExistingSecret } from "../plan/existing-secret.ts";
import { accountOf, namesIn } from "../plan/references.ts";
import { pluralize } from "../plan/wording.ts";
import { entriesIn } from "./existing-secret.ts";
import { azureHost, imagesOf } from "./images.ts";
import type { NamespaceState } from "./namespace-state.ts";
import { hasOwnList } from "./pods.ts";
import { isOver, specOf, type TargetObject } from "./targets.ts";
import { changedIn } from "./warnings.ts";

/** The maximum number of warnings about images. */
const maxWarnings = 5;

/**
 * Warns about images that a Secret has no key for, for the targets whose list a plan adds it to. Otherwise only the node's errors would
 * show this later.
 * @param keys the keys under `auths` that the Secret has a login for, or will have
 */
export function warnKeyless(to: Ref<"secret">, keys: readonly string[], state: NamespaceState, plan: Plan): Change[] {
  const pullers = changedIn(plan, state, "attach", "recreate").map(({ to: of, object }) => pullerOf(of, object, state));
  return keyless(to.name, keys, pullers)
    .slice(0, maxWarnings)
    .map(({ image, of, why }): Change => {
      const [first = to] = of;
      const message = `${joinNames(of.map(nameOf))} ${pluralize(of.length, "pulls", "pull")} ${image.text}, but ${why}`;
      return { act: "warn", id: "no-key", needs: first, to: first, message, fix: { verb: "check", secret: to.name, images: [image.text] } };
    });
}

/**
 * Returns the images of a target. A template pulls its own images. A ServiceAccount pulls those of the pods and templates that rely on it.
 */
function pullerOf(of: Ref<TargetKind>, object: TargetObject, { objects, pods }: NamespaceState): Puller<Ref<TargetKind>> {
  const own = specOf(object);
  if (own) return { of, images: wantedIn(own), whole: true };
  const account = object.kind === "ServiceAccount" ? object : undefined;
  const templates = objects.flatMap((each) => specOf(each) ?? []).filter((spec) => namesIn(spec.imagePullSecrets).length === 0);
  const running = pods.filter((pod) => !isOver(pod) && !hasOwnList(pod, account)).map(({ spec }) => spec);
  const relying = [...templates, ...running].filter((spec) => accountOf(spec) === of.name);
  return { of, images: relying.flatMap(wantedIn), whole: false };
}

const wantedIn = (spec: PodSpec): WantedImage[] =>
  imagesOf({ spec }).map(({ text, host, repository }) => {
    const azure = azureHost(host);
    return { text, host, repository, loginServer: azure?.loginServer };
  });

/** Warns about a Secret that the kubelet can't read, or about images that the Secret has no key for. */
export function warnUseless(to: Ref<"secret">, secret: Secret, state: NamespaceState, plan: Plan): Change[] {
  const named = { ...secret, name: to.name };
  const { malformed } = buildKeyring([named]);
  if (!malformed) return warnKeyless(to, usableKeys(secret), state, plan);
  const message = `secret/${to.name} is malformed, so the kubelet ignores all pull secrets of a pod that lists it: ${malformed.message}`;
  return [{ act: "warn", id: "malformed-secret", to, message }];
}

/** Returns the keys of a Secret that have a login: the kubelet ignores a login without a user name or a password. */
function usableKeys(secret: Secret): string[] {
  return entriesIn(secret)
    .filter(({ login }) => login.username !== "" && !login.password.isEmpty)
    .map(({ server }) => server);
}

/** Returns the keys that a Secret has after a plan is executed. */
export function keysAfter(plan: Plan, existing: ExistingSecret | undefined): readonly string[] {
  const store = plan.find((change) => change.act === "store");
  const hosts = existing?.hosts ?? [];
  if (store?.act !== "store") return hosts;
  return store.merges ? [...hosts, ...store.entry.hosts] : store.entry.hosts;
}
