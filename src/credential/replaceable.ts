import { CliError } from "../errors.ts";
import type { Credential } from "../secret/record.ts";
import type { Asked, Sources } from "./credential-kind.ts";
import type { Inside } from "./issuer.ts";
import { stillPulls } from "./prove.ts";
import type { RepositoryScope } from "./repository-scope.ts";

/**
 * Refuses to replace the credential of another identity, unless the registry rejects its login.
 * @throws CliError conflict, without --force
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
  throw new CliError("conflict", message, { hint: "use another name, or add --force to overwrite that credential" });
}
