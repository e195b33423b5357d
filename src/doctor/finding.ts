import { type CliError, linesIn } from "../errors.ts";
import { type Command, type Hint, shell } from "../hint.ts";

/** The checks. docs/doctor.md has a section for each, which `explain` prints. */
type CheckId =
  | "kubectl-version"
  | "cluster-version"
  | "cluster-identity"
  | "proxy"
  | "certificates"
  | "cluster-rights"
  | "secret-expiry"
  | "image-pulls"
  | "schedules"
  | "leftovers"
  | "nodes"
  | "azure-arc"
  | "credential-provider"
  | "images-on-nodes"
  | "azure-identity"
  | "azure-registry"
  | "azure-rights"
  | "registry-mode"
  | "registry-network"
  | "registry-admin-user"
  | "registry-tokens"
  | "kubelet-identity";

/** What one check of `doctor`, or of another verb with its own checks, found. */
export type Finding<Id extends string = CheckId> = {
  readonly id: Id;
  /** `unknown`: the check could not look, and the message says why. */
  readonly status: "ok" | "warning" | "failed" | "unknown";
  /** The object that was checked: `registry/myregistry`, `node/worker-1`, or a word such as `kubectl`. */
  readonly subject: string;
  readonly message: string;
  /** One command, or the address of a page. */
  readonly next?: Hint | undefined;
};

/** A result of a check. Without an id or a subject, it has those of its check. */
export type CheckResult = Omit<Finding, "id" | "subject"> & Partial<Finding>;

/** Findings, and the facts for the ladder, or why these are unknown. */
export type Checked<Facts> = { readonly findings: readonly Finding[]; readonly facts: Facts | CliError };

/** Returns the finding for an error: a missing right or an unreachable server means that the check could not look. */
export function findingOf<Of>(
  { kind, message, hint = explainCommand(kind) }: CliError,
  of: Of,
): Of & Pick<Finding, "status" | "message" | "next"> {
  const couldNotLook = kind === "forbidden" || kind === "unreachable" || kind === "timeout";
  return { ...of, status: couldNotLook ? "unknown" : "failed", message: linesIn(message).join("; "), next: hint };
}

/** The command that explains the id of a check or of an error. */
export const explainCommand = (id: string): Command => shell("kubectl acr-secret explain", id);

/** The maximum number of findings of one check. */
const most = 5;

/** Returns the first findings, and one for the others. @param others what the others are, after their number */
export function limited(found: readonly CheckResult[], others: (count: number) => string, next: Command): readonly CheckResult[] {
  const left = found.length - most;
  const rest = found.slice(most, most + 1).map(({ status }) => ({ status, subject: "others", message: others(left), next }));
  return [...found.slice(0, most), ...rest];
}
