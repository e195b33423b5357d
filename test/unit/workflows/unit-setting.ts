import { type IssuedLogin, type Outcome, subjectOf } from "../../../src/actions/outcome.ts";
import type { Tools } from "../../../src/actions/tools.ts";
import { CliError } from "../../../src/errors.ts";
import type { Change, Store } from "../../../src/plan/change.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import type { NamespaceReader } from "../../../src/usage/namespace-reader.ts";
import type { NamespaceState } from "../../../src/usage/namespace-state.ts";
import { readNamespace } from "../../../src/usage/namespace-state.ts";
import type { Unit } from "../../../src/workflows/unit.ts";
import { type Asked, is } from "../../support/fakes/asked.ts";
import { envOf, type FakeEnv } from "../../support/fakes/env.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";
import { noTargets } from "../../support/target-options.ts";

export const token = { kind: "token.azurecr.io", name: "t" } as const;
export const makeToken = { act: "create", to: token, because: "" } satisfies Change;
export const mint: Change = { act: "mint", to: token, slot: "password1", inNew: true, because: "" };
export const login = { username: "t", password: new Sensitive("p") };
const entry = { hosts: ["r.azurecr.io"], kind: "acr-token", identity: "t" };
export const options = { secret: "acr", targets: noTargets, lenient: false, pods: "none" } as const;
export const no = () => new CliError("forbidden", "no");

export const storeIn = ({ scope: { namespace }, secret }: NamespaceState): Store => ({
  act: "store",
  to: { kind: "secret", namespace, name: "acr" },
  entry,
  precondition: secret && { uid: secret.metadata.uid ?? "", version: secret.metadata.resourceVersion ?? "" },
  because: "",
});

/** Returns a world of namespaces, their readers, and tools that record the changes in Azure. */
export function setting(names: readonly string[], hands: Tools["apply"] = async () => ({ login }), issued?: IssuedLogin) {
  const world = fakeWorld();
  addNamespaces(world.cluster, ...names);
  const env: FakeEnv = envOf(world, { issued, apply: hands });
  let looks = 0;
  const readersOf = names.map((namespace): NamespaceReader => {
    const scope = { namespace, cluster: env.cluster };
    return {
      scope,
      read: () => {
        looks++;
        return readNamespace(scope, options);
      },
    };
  });
  return { world, env, applied: env.applied, readersOf, looks: () => looks };
}

export const unit = (of: Partial<Unit> = {}): Unit => ({ isLazy: true, each: (state) => [storeIn(state)], ...of });
export const short = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => {
    const { namespace, name, kind } = subjectOf(outcome);
    const { change, error, left } = outcome;
    const words = [
      change?.act ?? kind,
      [namespace, name].filter(Boolean).join("/"),
      error && `failed ${error.message}`,
      left && `left ${left}`,
    ];
    return words.filter(Boolean).join(" ");
  });
export const really = (text: string) => (asked: Asked) => is(text)(asked) && !asked.dryRun;
/** Whether a call writes a login. The first Secret has been claimed by then. */
export const storing = (asked: Asked) => is("patch secret a/")(asked) || (is("create secret")(asked) && asked.namespace !== "a");
export const written = ({ cluster }: FakeWorld) => cluster.all("secret").map(({ metadata }) => metadata.namespace);
