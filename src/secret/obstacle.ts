import { type CliError, InTheWay, type ObstacleOwner } from "../errors.ts";
import { flag, type Hint, plugin } from "../hint.ts";
import type { Ref } from "../kinds.ts";
import type { Secret } from "../objects.ts";
import { loginsIn } from "./login.ts";
import { othersOf } from "./owners.ts";
import { type Credential, claimOf, credentialOf, isOurs, sourceOf } from "./record.ts";
import { type ShapeName, shapeNamed, shapeOf } from "./shapes.ts";

/** The credential that a run wants to write to a Secret. */
export type Wanted = {
  readonly kind: string;
  readonly host: string;
  readonly shape: ShapeName | undefined;
  readonly fieldManager: string;
  /** The user accepts that a login for the same registry is overwritten. */
  readonly force: boolean;
  /** Whether the login inside still pulls; `unknown` if that could not be tested. */
  readonly pulls: "yes" | "no" | "unknown";
  /** A file asks for another kind of credential, which replaces the recorded one. */
  readonly mayChangeKind: boolean;
  /** Azure describes the source at the registry, so only the owners of its namespace can have recorded another one. */
  readonly isDescribed: boolean;
  /** Whether the source may take the place of a copy of another source. */
  replaces(secret: Secret): boolean;
};

/** Why a Secret cannot be the source of a credential; undefined if it can. */
export function obstacleTo(to: Ref<"secret">, secret: Secret, wanted: Wanted): CliError | undefined {
  const isReplaced = sourceOf(secret) !== undefined && wanted.replaces(secret);
  const ofCopy = isReplaced ? undefined : copyLoss(secret);
  const mayOverwrite = wanted.force || isReplaced;
  const loss = ofCopy ?? recordLoss(to, secret, wanted) ?? (mayOverwrite ? undefined : lossOf(secret, wanted));
  if (!loss) return undefined;
  const [message, hint, owner] = loss;
  return new InTheWay(
    message.replace("SECRET", () => `secret "${to.name}" in namespace "${to.namespace}"`),
    hint,
    owner,
  );
}

/** What would be lost, with SECRET for the name and place of the Secret, and what to do instead. */
type Loss = readonly [message: string, hint: Hint | undefined, owner?: ObstacleOwner];

function copyLoss(secret: Secret): Loss | undefined {
  const source = sourceOf(secret);
  return source && [`SECRET is a copy of secret "${source.name}" in namespace "${source.namespace}"`, "use another name", "platform"];
}

/** Also with --force: without its record, another registry's credential could be neither rotated nor revoked. */
function recordLoss({ name, namespace }: Ref, secret: Secret, { host, mayChangeKind, isDescribed }: Wanted): Loss | undefined {
  const record = credentialOf(secret);
  if (!record || record.host === host) return undefined;
  // A file no longer names the registry from before, so no run of apply would find the credential there
  const deletion = {
    ...plugin("delete", name, flag("revoke", mayChangeKind)),
    namespace,
    when: "use another name, or delete the Secret first",
  };
  return [`SECRET holds a credential for ${record.host}`, deletion, isDescribed ? "namespace" : "platform"];
}

const lossOf = (secret: Secret, wanted: Wanted): Loss | undefined =>
  foreignLoss(secret, wanted) ?? shapeLoss(secret, wanted) ?? kindLoss(credentialOf(secret), wanted) ?? writerLoss(secret, wanted);

/** A login that this plugin did not create. A Secret that a run has only claimed has none. */
function foreignLoss(secret: Secret, { host, shape }: Wanted): Loss | undefined {
  const { type = "Opaque" } = secret;
  const hint = `use another name${type === shapeNamed(shape).type ? `, or add --force to overwrite the login for ${host}` : ""}`;
  if (!isOurs(secret)) return [`SECRET (type ${type}) was not created by kubectl acr-secret`, hint];
  if (credentialOf(secret) || claimOf(secret)) return undefined;
  const servers = loginsIn(secret).map(({ server }) => server);
  return servers.length === 0 ? undefined : [`SECRET holds a credential for ${servers.join(", ")}`, hint];
}

function shapeLoss(secret: Secret, { shape = "pull-secret" }: Wanted): Loss | undefined {
  const existing = shapeOf(secret) ?? shape;
  return existing === shape
    ? undefined
    : [`SECRET is ${shapeNamed(existing).words} and overwriting it would break that`, "use another name"];
}

/** A credential of another kind that may still work. */
function kindLoss(record: Credential | undefined, { kind, pulls, mayChangeKind }: Wanted): Loss | undefined {
  if (!record || record.kind === kind || pulls === "no" || mayChangeKind) return undefined;
  const hint = "use another name, or add --force to overwrite that credential";
  return [`SECRET holds the credential of "${record.identity}" (${record.kind})`, hint];
}

/** Fields that another tool has written: a merge patch would overwrite them silently. */
function writerLoss({ metadata: { managedFields }, ...secret }: Secret, { fieldManager }: Wanted): Loss | undefined {
  const { keys } = shapeNamed(shapeOf({ ...secret, metadata: { name: "" } }));
  const [first, ...more] = othersOf(managedFields, fieldManager, keys).map(({ words }) => words);
  if (first === undefined) return undefined;
  const hint = "add --force to overwrite these fields";
  if (more.length === 0) return [`Apply failed with 1 conflict: conflict with ${first}`, hint];
  return [`Apply failed with ${more.length + 1} conflicts: conflicts with ${[first, ...more].join("; ")}`, hint];
}
