import { keyOf, kinds, withAt } from "../kinds.ts";
import type { KubeObject, Secret } from "../objects.ts";
import type { Act, Change, ChangeOf, Refer } from "../plan/change.ts";
import { writtenManifest } from "../plan/written-manifest.ts";
import type { Login } from "../registry/port.ts";
import { encodeDockerConfig, sketchConfig } from "../secret/docker-config.ts";
import { mergedSecret, pullSecret, replacementOf, unclaimed } from "../secret/pull-secret.ts";
import { withdrawnSecret } from "../secret/withdrawal.ts";
import type { Outcome } from "./outcome.ts";
import { refusalOf } from "./refer.ts";
import type { Bench } from "./tools.ts";

type Sketch<A extends Act> = (change: ChangeOf<A>, bench: Bench) => Omit<Outcome, "change">;

const seenOf = ({ to }: ChangeOf<Exclude<Act, "tell">>, { seen }: Bench) => ({ object: seen.get(keyOf(to)) });
const nothing = () => ({});

/** What each act would come to, without a request: the outcomes of `--dry-run=client`. */
const rows: { readonly [A in Act]: Sketch<A> } = {
  keep: seenOf,
  tell: ({ says }) => ({ says: [says] }),
  refuse: (change) => ({ error: refusalOf(change) }),
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
  report: nothing,
  withdraw: sketchWithdrawal,
  remove: seenOf,
  attach: sketchReference,
  detach: sketchReference,
  recreate: sketchNew,
  restart: seenOf,
  rollout: seenOf,
};

/** A Secret whose password is still to be made is shown with an empty config. */
function sketchStore(change: ChangeOf<"store">, { run, seen }: Bench): Omit<Outcome, "change"> {
  const before = seen.get(keyOf(change.to));
  return { object: sketchSecret(change, before, run.login), ...lookBefore(before, run.login) };
}

/** What a dry run tells of a Secret beside the Secret itself. */
export const lookBefore = (before: KubeObject | undefined, login: Login | undefined): Pick<Outcome, "before" | "unmade"> => ({
  ...(before && { before }),
  ...(!login && { unmade: true }),
});

function sketchSecret(
  { to, entry, merges, replaces, shape }: ChangeOf<"store">,
  seen: KubeObject | undefined,
  login: Login | undefined,
): Secret {
  const secret = seen?.kind === "Secret" ? seen : undefined;
  if (merges && secret) return mergedSecret(secret, entry, login);
  const config = login ? encodeDockerConfig(entry.hosts, login) : sketchConfig;
  return replaces && secret ? replacementOf(secret, entry, config, { shape, claim: unclaimed }) : pullSecret(to, entry, config, shape);
}

function sketchWithdrawal(change: ChangeOf<"withdraw">, { seen }: Bench): Omit<Outcome, "change"> {
  const before = seen.get(keyOf(change.to));
  return before?.kind === "Secret" ? { before, object: withdrawnSecret(before, change) } : {};
}

function sketchReference({ to, after }: Refer, { seen }: Bench): { object: KubeObject | undefined } {
  const object = seen.get(keyOf(to));
  if (!object) return { object };
  const list = after.length === 0 ? undefined : after.map((name) => ({ name }));
  return { object: withAt(object, kinds[to.kind].carries.path, list) as KubeObject };
}

function sketchNew({ to, after }: ChangeOf<"recreate">, { seen }: Bench): { object: KubeObject | undefined } {
  const object = seen.get(keyOf(to));
  return { object: object && (writtenManifest(to.kind, object as never, after) as KubeObject) };
}

/** The outcome of a change in `--dry-run=client`. */
export function preview(change: Change, bench: Bench): Outcome {
  return { change, ...(rows[change.act] as Sketch<Act>)(change as ChangeOf<Act>, bench) };
}
