import type { Again, Workload } from "../fix.ts";
import type { PullFailure } from "../kubelet/message.ts";
import type { ImageRef, Proof } from "../registry/port.ts";

/** The annotation's record of a Secret's credential. */
export type Note = {
  /** The source of a new password: the plugin creates it, its owner supplies it, or only a newer version of the plugin knows. */
  readonly renewal: "made" | "given" | "unknown";
  /** The host of the login, and its regional hosts that have the login too. */
  readonly hosts: readonly string[];
  /** The identity: an ACR token's name, a user name. */
  readonly identity: string;
  /** Whether another run can grant it more repositories. */
  readonly widens: boolean;
  /** The flags that request it again. */
  readonly again: Again;
  /** The key of this plugin's label, if the Secret has lost it. Without it `create` writes the Secret only with --force. */
  readonly unlabeled?: string;
  /** RFC 3339; undefined if it does not expire. */
  readonly expiresAt: string | undefined;
  /** The requested lifetime, as a value of `--expires-in`. */
  readonly expiresIn: string | undefined;
};

/** A Secret that exists, with the fields for a verdict: never its text. */
export type SecretFacts = {
  readonly name: string;
  /** Absent if this plugin did not create it. */
  readonly note: Note | undefined;
  /** The keys under `auths`, as written; undefined if its text or its type can hold none. */
  readonly servers: readonly string[] | undefined;
  /** Why the kubelet ignores it, or one of its keys. */
  readonly skipped: readonly string[];
  /** Other managers of the fields that this plugin writes. `create` does not overwrite them without --force. */
  readonly writers: readonly string[];
};

/** A login for an image, and the registry's response to it. */
export type TriedLogin = { readonly secret: string; readonly username: string; readonly proof: Proof };

/** A pod, with the facts about one of its images. */
export type PodFacts = {
  readonly name: string;
  /** The container of the image. */
  readonly container: string;
  /** Its node has the image already. */
  readonly pulled: boolean;
  /** Its author wrote its imagePullSecrets. They are not a copy of its ServiceAccount's list. */
  readonly own: boolean;
  /** Its controller. */
  readonly owner:
    | (Workload & {
        /** It recreates a deleted pod, and does not count the deletion as a failure. */
        readonly remakes: boolean;
        /** The workload with the pod template; undefined if the template cannot be changed. */
        readonly template: Workload | undefined;
      })
    | undefined;
  /** The messages of its node about the pull. */
  readonly failures: readonly PullFailure[];
};

/** The facts about one image and the pods of a namespace that use it. */
export type ImageFacts = {
  /** The text of the image. */
  readonly image: string;
  readonly ref: ImageRef;
  /** The registry in Azure to which the host belongs. Absent for other registries, for which no command creates a credential. */
  readonly azure:
    | {
        /** The registry's name, derived from the host. */
        readonly registry: string;
        /** The host for which `create` writes a pull secret. */
        readonly loginServer: string;
        /** How the image's host differs, so that no login for the login server matches it. */
        readonly otherwise: "port" | "capitals" | "region" | undefined;
      }
    | undefined;
  readonly namespace: string;
  readonly account: string;
  /** Empty if only the command line names the image. */
  readonly pods: readonly PodFacts[];
  /** The names of the pull secrets, in order: the pods' own, or the one to test. */
  readonly names: readonly string[];
  /** `names` is the one Secret that the command line names, whatever the pods have. */
  readonly only: boolean;
  /** The Secrets of `names` that exist, and others of the namespace that a verdict mentions. */
  readonly secrets: readonly SecretFacts[];
  /** The logins in the kubelet's order, up to the first that pulls. */
  readonly tried: readonly TriedLogin[];
  /** The registry's response without a login; only requested if there is no login. */
  readonly anonymous: Proof | undefined;
  /** A malformed pull secret, which makes all of the pod's Secrets unusable. */
  readonly malformed: { readonly secret: string; readonly message: string } | undefined;
  /** A matching login of the ServiceAccount that was attached after the pods were created. */
  readonly attachedLater: TriedLogin | undefined;
  /** Logins of Secrets in the namespace that neither the pods nor their ServiceAccount name. */
  readonly unattached: readonly TriedLogin[];
  /** One of `names` has a login for the registry's login server, but the image names another host of it. */
  readonly matchesLoginServer: boolean;
  /** The name that `create` would give a new Secret, and whether that is its default. */
  readonly fresh: { readonly name: string; readonly isDefault: boolean };
  readonly hasOtherTags: boolean;
  /** The repository does not exist. `similar`: the name of an existing one. */
  readonly noRepository: { readonly similar: string | undefined } | undefined;
  readonly now: Date;
};
