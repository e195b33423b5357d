import { sameLogin } from "../secret/login.ts";
import type { Credential } from "../secret/record.ts";
import type { Asked, Sources } from "./credential-kind.ts";
import type { Inside, Taken } from "./issuer.ts";
import { Unconfirmed } from "./owner.ts";
import { stillPulls } from "./prove.ts";
import type { RepositoryScope } from "./repository-scope.ts";

/**
 * Refuses to replace the credential of another identity, unless the registry rejects its login.
 * @throws Unconfirmed, without --force
 */
export async function refuseWorking(
  { to: { name, namespace }, credential, login }: Inside,
  wanted: Pick<Credential, "kind" | "identity">,
  scope: RepositoryScope,
  { verify, force }: Pick<Asked, "verify" | "force">,
  { registry }: Pick<Sources, "registry">,
): Promise<void> {
  if (force || !credential || (credential.kind === wanted.kind && credential.identity === wanted.identity)) return;
  if (verify && login && (await stillPulls(scope, login, registry())).pulls === "no") return;
  const message = `secret "${name}" in namespace "${namespace}" holds the credential of "${credential.identity}" (${credential.kind})`;
  throw new Unconfirmed(message, "use another name, or add --force to overwrite that credential");
}

/** Returns an existing login for a source. A source that holds it already needs neither another proof nor a warning. */
export function existingLogin(inside: Inside, of: Omit<Taken, "isProven">, { verify }: Pick<Asked, "verify">): Taken {
  const { kind, identity } = of.credential;
  const isKept = sameLogin(inside.login, of.login) && inside.credential?.kind === kind && inside.credential.identity === identity;
  return { ...of, warnings: isKept ? [] : of.warnings, isProven: isKept || !verify };
}
