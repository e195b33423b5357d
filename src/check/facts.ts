import type { Workload } from "../kinds.ts";
import type { PullFailure } from "../kubelet/message.ts";
import type { ImageRef, Proof } from "../registry/port.ts";

/** The record of a Secret about its credential. */
export type Note = {
  /** Where a new password comes from: the plugin, a user, or a source that only a newer version knows. */
  readonly renewal: "made" | "given" | "unknown";
  /** Whether another run can grant it more repositories. */
  readonly widens: boolean;
  /** The flags of `create` that request it again; absent if no printed command may. */
  readonly again: readonly string[] | undefined;
  /** The key of the plugin's label, if the Secret has lost it. `create` then writes the Secret only with --force. */
  readonly unlabeled?: string;
  /** The creation time of the password (RFC 3339); undefined if the annotation does not have it. */
  readonly createdAt?: string | undefined;
  /** RFC 3339; undefined if it does not expire. */
  readonly expiresAt: string | undefined;
  /** The requested lifetime, as a value of `--expires-in`. */
  readonly expiresIn: string | undefined;
  /** The namespaces that have a copy of the Secret. */
  readonly copies: readonly string[];
};

/** An existing Secret without its text. */
export type SecretFacts = {
  readonly name: string;
  /** Absent for a copy, and if this plugin did not create it. */
  readonly note: Note | undefined;
  /** The Secret of which it says that it is a copy. Its tenant can write this. */
  readonly source: { readonly namespace: string; readonly name: string } | undefined;
  /** The keys under `auths`, as written; undefined if its text or its type can hold none. */
  readonly servers: readonly string[] | undefined;
  /** Why the kubelet ignores it, or one of its keys. */
  readonly skipped: readonly string[];
  /** Its data or its type cannot be changed, so `create` writes only another Secret. */
  readonly isFixed: boolean;
  /** Other managers of the fields that the plugin writes. `create` overwrites these only with --force. */
  readonly writers: readonly string[];
};

/** The entry of a file of `apply` that writes a Secret and its copies, and the namespace of the source. */
export type FileEntry = { readonly name: string; readonly entry: string; readonly namespace: string };

/** A login for an image, and the registry's response to it. */
export type TriedLogin = {
  readonly secret: string;
  readonly proof: Proof;
  /** It is an identity of Entra ID: role assignments give it its rights, and take minutes to take effect. */
  readonly byRole?: boolean;
};

/** A pod and one of its images. */
export type PodFacts = {
  readonly name: string;
  /** The container of the image; absent for an image volume. */
  readonly container: string | undefined;
  /** Undefined if the pod has no node yet. */
  readonly node?: string | undefined;
  /** Its node has the image, and the container doesn't wait for it. */
  readonly pulled: boolean;
  /** When its node certainly pulled the image (RFC 3339). */
  readonly pulledAt?: string | undefined;
  /** Its imagePullSecrets are its own, not a copy of its ServiceAccount's list. */
  readonly own: boolean;
  readonly owner:
    | (Workload & {
        /** The workload with the pod template; undefined if the template is immutable. */
        readonly template: Workload | undefined;
      })
    | undefined;
  /** The failed pulls that its node reports. */
  readonly failures: readonly PullFailure[];
  /** When its node last changed the status of its containers (RFC 3339), if managedFields records that. */
  readonly saidAt?: string | undefined;
};

/** An object whose next pod will use an image: `deployment/web`. */
type TemplateFacts = Workload & {
  /** The container of the image; absent for an image volume. */
  readonly container: string | undefined;
  /** It has its own imagePullSecrets, so its pods don't copy its ServiceAccount's list. */
  readonly own: boolean;
};

/** The facts about one image and the pods of a namespace that use it. */
export type ImageFacts = {
  /** As written. */
  readonly image: string;
  readonly ref: ImageRef;
  /** The host's registry in Azure; undefined for other registries. */
  readonly azure:
    | {
        /** Derived from the host. */
        readonly registry: string;
        /** The host for which `create` writes a pull secret. */
        readonly loginServer: string;
        /** Why a login for the login server doesn't match the image's host. */
        readonly otherwise: "port" | "capitals" | "region" | "private" | undefined;
      }
    | undefined;
  readonly namespace: string;
  readonly account: string;
  readonly pods: readonly PodFacts[];
  /** Templates whose pods the check did not find. */
  readonly templates: readonly TemplateFacts[];
  /** The objects with the templates of all pods, and pods without a controller. Empty if only the command line names the image. */
  readonly owners: readonly Workload[];
  readonly names: readonly string[];
  /** `names` is only the Secret on the command line. */
  readonly only: boolean;
  /** The existing Secrets of `names`, and others that a verdict mentions. */
  readonly secrets: readonly SecretFacts[];
  /** The entries of files, by the names of their Secrets. Empty if the image pulls. */
  readonly entries: ReadonlyMap<string, FileEntry>;
  /** The logins in the kubelet's order, up to the first that pulls. */
  readonly tried: readonly TriedLogin[];
  /** The registry's response to an anonymous request; undefined if there is a login. */
  readonly anonymous: Proof | undefined;
  /** The names of the pull secrets that you may not read. */
  readonly unread: readonly string[];
  /** Why the nodes can pull from the registry by an identity of their own; undefined if nothing shows it. */
  readonly nodeIdentity: string | undefined;
  /** A malformed pull secret, because of which the kubelet uses none. */
  readonly malformed: { readonly secret: string; readonly message: string } | undefined;
  /** A matching login of the ServiceAccount that was attached after the pods were created. */
  readonly attachedLater: TriedLogin | undefined;
  /** Logins of Secrets that neither the pods nor their ServiceAccount name. */
  readonly unattached: readonly TriedLogin[];
  /** One of `names` has a login for the registry's login server, but the image names another host of it. */
  readonly matchesLoginServer: boolean;
  /** The name that `create` would give a new Secret, and whether that is its default. */
  readonly fresh: { readonly name: string; readonly isDefault: boolean };
  /** Tags for a missing one, the most similar first. `unknown`: the login may not list tags, so the repository may not exist either. */
  readonly otherTags: readonly string[] | "unknown";
  /** Set if the repository does not exist. `similar`: names of existing ones, the most similar first. */
  readonly noRepository: { readonly similar: readonly string[] } | undefined;
  /** Names of pull secrets that exist only in other namespaces; empty without permission to list Secrets there. */
  readonly elsewhere: readonly { readonly secret: string; readonly namespaces: readonly string[] }[];
  /** The image in the template of the pods, if it has another host or repository. */
  readonly rewritten: { readonly owner: Workload; readonly image: string } | undefined;
  /** The proofs of the same login at the registry's other hosts for which the Secret has a key. Only with --deep. */
  readonly otherHosts: readonly Proof[];
  readonly now: Date;
};
