import { keyOf } from "../kinds.ts";
import type { KubeObject, Secret } from "../objects.ts";
import type { Act, ChangeOf, Plan, Refer } from "../plan/change.ts";
import { patchOf } from "../plan/references.ts";
import { encodeDockerConfig, sketchConfig } from "../secret/docker-config.ts";
import { mergedSecret, pullSecret } from "../secret/pull-secret.ts";
import type { Outcome } from "./outcome.ts";
import type { Bench } from "./tools.ts";

type Sketch<A extends Act> = (change: ChangeOf<A>, bench: Bench) => Omit<Outcome, "change">;

const seenOf = ({ to }: ChangeOf<Exclude<Act, "tell">>, { seen }: Bench) => ({ object: seen.get(keyOf(to)) });
const nothing = () => ({});

/** What each act would come to, without a request: the outcomes of `--dry-run=client`. */
const rows: { readonly [A in Act]: Sketch<A> } = {
  keep: seenOf,
  tell: ({ says }) => ({ says: [says] }),
  create: nothing,
  update: nothing,
  delete: nothing,
  mint: nothing,
  confirm: nothing,
  prove: nothing,
  rehearse: nothing,
  claim: nothing,
  release: nothing,
  store: sketchStore,
  attach: sketchReference,
  detach: sketchReference,
  restart: seenOf,
};

/** A Secret whose password is still to be made is shown with an empty config. */
function sketchStore({ to, entry, merges, shape }: ChangeOf<"store">, { run, seen }: Bench): { object: Secret } {
  const stands = seen.get(keyOf(to));
  if (merges && stands?.kind === "Secret") return { object: mergedSecret(stands, entry, run.login) };
  const config = run.login ? encodeDockerConfig(entry.hosts, run.login) : sketchConfig;
  return { object: pullSecret(to, entry, config, shape) };
}

function sketchReference({ to, after }: Refer, { seen }: Bench): { object: KubeObject | undefined } {
  const object = seen.get(keyOf(to));
  if (!object) return { object };
  const patch = patchOf({ to, names: after, version: object.metadata.resourceVersion ?? "" }, after) as Partial<KubeObject>;
  return { object: { ...object, ...patch, metadata: object.metadata } as KubeObject };
}

export function sketch(plan: Plan, bench: Bench): Outcome[] {
  return plan.map((change) => ({ change, ...(rows[change.act] as Sketch<Act>)(change as ChangeOf<Act>, bench) }));
}
