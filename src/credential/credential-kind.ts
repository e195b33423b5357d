import type { Azure, RegistryFacts, SignInOptions } from "../azure/port.ts";
import type { Command } from "../hint.ts";
import type { Credential } from "../secret/record.ts";
import type { Tools } from "../tools.ts";
import type { Issuer, Taker } from "./issuer.ts";

/** The credential that a command line asks for. */
export type Asked = {
  readonly flags: Readonly<Record<string, unknown>>;
  /** The flags are those for a record, which anyone in the namespace of its source can write, and not those of a command line. */
  readonly isRecorded?: true;
  /** A registry's name or id in Azure, or a login server. */
  readonly registry: string;
  readonly identity: SignInOptions;
  readonly verify: boolean;
  /** The user accepts what is refused otherwise: more rights than pulling, and the loss of another credential. */
  readonly force: boolean;
  /** The named repositories. */
  readonly repositories: readonly string[];
  /** Milliseconds to wait while Azure replicates a new object. */
  readonly wait: number;
  /** Like `wait`, for a role that the run assigns, which can take longer. Default: `wait`. */
  readonly waitForRole?: number;
  /** The current command, for a hint that adds a flag to it. */
  readonly again: Command;
};

/** The sources of credentials. Each is opened at its first use. */
export type Sources = Pick<Tools, "registry" | "during" | "now" | "sleep"> & {
  azure(identity: SignInOptions): Promise<Azure>;
  readonly stdin: { readonly isTTY: boolean; read(): Promise<string> };
};

/** A row of the table of kinds. */
export type CredentialKind = {
  readonly name: string;
  /** Its own flags of `create`, for the parser, help, completion and pages. */
  readonly flags: {
    readonly [flag: string]: {
      readonly type: "string" | "boolean";
      /** Its value if the flag is given without one. */
      readonly bare?: string;
      /** The placeholder of its value in the help. */
      readonly value?: string;
      readonly describe: string;
      /** Its default in words. */
      readonly fallback?: string;
      readonly exclusive?: readonly string[];
    };
  };
  /** Whether the flags ask for this kind. Sends no request. @throws CliError usage */
  parse(asked: Asked, stdin: Sources["stdin"]): boolean;
  /** Finds the registry. @throws CliError usage */
  open(asked: Asked, sources: Sources): Promise<Issuer | Taker>;
  /**
   * Returns the flags of `create` that ask for the login of a Secret again, as words of a command line. Absent for a login that may have
   * wider rights: anyone in the namespace can write a record, so no printed command asks for it.
   */
  again?(recorded: Pick<Credential, "identity">): readonly string[];
  /** Returns the flags that open the kind for a recorded credential. Absent: none. */
  flagsFor?(recorded: Pick<Credential, "identity">): Asked["flags"];
  /** What creating a credential in a registry requires. Absent if the user supplies the login. */
  readonly creation?: {
    /** The actions that an identity needs on the registry (Azure RBAC). */
    readonly rights: readonly string[];
    /** The data actions that it needs instead if the registry uses repository permissions (ABAC). */
    readonly dataRights?: readonly string[];
    /** A permission that can't be checked before it is used. */
    readonly uncheckedRight?: string;
    /** Returns why it can't be created, regardless of the identity's permissions. */
    obstacle?(registry: RegistryFacts): string | undefined;
    /** Whether another run can grant it more repositories. */
    readonly isExtensible?: true;
    /** Only the registry sets the expiry of its logins. */
    readonly isShortLived?: true;
  };
  /** Why the plugin can neither renew nor revoke a login that a Secret records; absent if it can. */
  readonly notRenewable?: string;
};
