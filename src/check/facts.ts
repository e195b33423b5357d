import type { Again, Workload } from "../fix.ts";
import type { PullFailure } from "../kubelet/message.ts";
import type { ImageRef, Proof } from "../registry/port.ts";

/** What a Secret notes of the credential inside. */
export type Note = {
  /** Where a new password comes from: we make one, whoever has one gives it, or only a newer version of us knows. */
  readonly renewal: "made" | "given" | "unknown";
  /** The host that the login is for, and regional hosts of it that have it too. */
  readonly hosts: readonly string[];
  /** What authenticates: an ACR token's name, a user name. */
  readonly identity: string;
  /** Whether another run can let it pull more repositories. */
  readonly widens: boolean;
  /** How it is asked for again. */
  readonly again: Again;
  /** The key of our label, if the Secret has lost it. Without it `create` writes the Secret only with --force. */
  readonly unlabeled?: string;
  /** RFC 3339; undefined when it does not expire. */
  readonly expiresAt: string | undefined;
  /** The lifetime that was asked for, as `--expires-in` takes it. */
  readonly expiresIn: string | undefined;
};

/** A Secret that exists, as far as a verdict looks at it: never its text. */
export type SecretFacts = {
  readonly name: string;
  /** Absent when it is not one of ours. */
  readonly note: Note | undefined;
  /** The keys under `auths`, as written; undefined where its text or its type holds none. */
  readonly servers: readonly string[] | undefined;
  /** Why the kubelet passes over it, or over one of its keys. */
  readonly skipped: readonly string[];
  /** Others who have written what we write of it, which `create` does not take over unasked. */
  readonly writers: readonly string[];
};

/** A login that is offered for an image, and what the registry said to it. */
export type Tried = { readonly secret: string; readonly username: string; readonly proof: Proof };

/** A pod, as far as one of its images is concerned. */
export type PodFacts = {
  readonly name: string;
  /** The container that has the image. */
  readonly container: string;
  /** Its node has the image already. */
  readonly pulled: boolean;
  /** Its imagePullSecrets are its author's own: they are no copy of what its ServiceAccount had when it was made. */
  readonly own: boolean;
  readonly owner: Owner | undefined;
  /** What its node says of the pull. */
  readonly says: readonly PullFailure[];
};

/** The controller of a pod. */
export type Owner = Workload & {
  /** It makes a pod anew that was deleted, and counts that as no failure. */
  readonly remakes: boolean;
  /** What has the pod template that its pods come from; undefined where that cannot be changed. */
  readonly template: Workload | undefined;
};

/** The registry in Azure that a host belongs to. */
export type AzureFacts = {
  /** The name that the host suggests. */
  readonly registry: string;
  /** The host that a pull secret of `create` is for. */
  readonly loginServer: string;
  /** How the image names it otherwise, which no login for the login server matches. */
  readonly otherwise: "port" | "capitals" | "region" | undefined;
};

/** What is known of one image as some pods of a namespace would pull it. */
export type ImageFacts = {
  /** The text of the image. */
  readonly image: string;
  readonly ref: ImageRef;
  /** Absent for other registries: of those we know no command that makes a credential. */
  readonly azure: AzureFacts | undefined;
  readonly namespace: string;
  readonly account: string;
  /** None when the image was only named on the command line. */
  readonly pods: readonly PodFacts[];
  /** The names of the pull secrets, in order: the pods' own, or the one that is to be tried. */
  readonly names: readonly string[];
  /** `names` is one Secret that the command line names, whatever the pods have. */
  readonly only: boolean;
  /** Those of `names` that exist, and others of the namespace that a verdict speaks of. */
  readonly secrets: readonly SecretFacts[];
  /** The logins in the kubelet's order, up to the first that pulls. */
  readonly tried: readonly Tried[];
  /** What the registry says without a login; only asked when there is none. */
  readonly anonymous: Proof | undefined;
  /** A pull secret that spoils all of the pod's. */
  readonly poison: { readonly secret: string; readonly message: string } | undefined;
  /** A login of the ServiceAccount that would match, but came after the pods. */
  readonly late: Tried | undefined;
  /** Logins of Secrets in the namespace that neither the pods nor their ServiceAccount name. */
  readonly unattached: readonly Tried[];
  /** One of `names` has a login for the registry's login server, which the image names otherwise. */
  readonly matchesLoginServer: boolean;
  /** What `create` would call a new Secret here; `name` is absent where that is its default. */
  readonly fresh: { readonly name: string; readonly isDefault: boolean };
  readonly hasOtherTags: boolean;
  /** The repository does not exist. `similar`: the name of one that does. */
  readonly noRepository: { readonly similar: string | undefined } | undefined;
  readonly now: Date;
};
