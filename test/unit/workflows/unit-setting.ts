import { newRun, type Run } from "../../../src/actions/tools.ts";
import { CliError } from "../../../src/errors.ts";
import type { Change, Store } from "../../../src/plan/change.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import type { Sight } from "../../../src/state/place.ts";
import { observe } from "../../../src/state/place.ts";
import type { Outlook } from "../../../src/state/sights.ts";
import { noTargets } from "../../../src/state/targets.ts";
import type { Unit } from "../../../src/workflows/unit.ts";
import { type Asked, is } from "../../support/fakes/asked.ts";
import { benchOf, type FakeBench } from "../../support/fakes/bench.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";

export const token = { kind: "token.azurecr.io", name: "t" } as const;
export const makeToken = { act: "create", to: token, because: "" } satisfies Change;
export const mint: Change = { act: "mint", to: token, slot: "password1", inNew: true, because: "" };
export const login = { username: "t", password: new Sensitive("p") };
const entry = { hosts: ["r.azurecr.io"], kind: "acr-token", identity: "t" };
export const wish = { secret: "acr", targets: noTargets, lenient: false, pods: "none" } as const;
export const no = () => new CliError("forbidden", "no");

export const storeIn = ({ place: { namespace }, secret }: Sight): Store => ({
  act: "store",
  to: { kind: "secret", namespace, name: "acr" },
  entry,
  stands: secret && { uid: secret.metadata.uid ?? "", version: secret.metadata.resourceVersion ?? "" },
  replaces: false,
  because: "",
});

/** A world of namespaces, their outlooks, and tools that note what is carried out in Azure. */
export function setting(
  names: readonly string[],
  hands: (change: Change) => Promise<object> = async () => ({ login }),
  run: Run = newRun(),
) {
  const world = fakeWorld();
  addNamespaces(world.cluster, ...names);
  const carried: string[] = [];
  const bench: FakeBench = benchOf(world, {
    run,
    carry: async (change) => {
      carried.push(`${change.act} ${change.to.name}`);
      return hands(change);
    },
  });
  let looks = 0;
  const outlooks = names.map((namespace): Outlook => {
    const place = { context: undefined, namespace, cluster: bench.cluster };
    return {
      place,
      look: () => {
        looks++;
        return observe(place, wish);
      },
    };
  });
  return { world, bench, carried, outlooks, looks: () => looks };
}

export const unit = (of: Partial<Unit> = {}): Unit => ({ before: [], demand: [], run: newRun(), each: (sight) => [storeIn(sight)], ...of });
export const short = (outcomes: readonly { change: Change; error?: CliError; left?: string }[]) =>
  outcomes.map(({ change: { act, to }, error, left }) =>
    [act, [to.namespace, to.name].filter(Boolean).join("/"), error && `failed ${error.message}`, left && `left ${left}`]
      .filter(Boolean)
      .join(" "),
  );
export const really = (text: string) => (asked: Asked) => is(text)(asked) && !asked.dryRun;
/** A login is written: the first Secret has been claimed by then. */
export const storing = (asked: Asked) => is("patch secret a/")(asked) || (is("create secret")(asked) && asked.namespace !== "a");
export const written = ({ cluster }: FakeWorld) => cluster.all("secret").map(({ metadata }) => metadata.namespace);
