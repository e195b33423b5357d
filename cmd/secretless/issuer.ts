import { isPublic } from "../../src/doctor/ladder.ts";
import { usage } from "../../src/errors.ts";
import { printData } from "../../src/output/object.ts";
import { printable } from "../../src/output/printable.ts";
import { publicationsOf } from "../../src/secretless/issuer.ts";
import type { Session } from "../session.ts";

/**
 * Prints the documents from which Entra ID verifies the cluster's ServiceAccount tokens, and says whether it can read them.
 * @returns the exit code: 1 if Entra ID can't read a document, or if a published document is not the cluster's
 */
export async function runIssuer({ output }: { readonly output: string | undefined }, session: Session): Promise<number> {
  if (output !== undefined && output !== "json" && output !== "yaml") throw usage(`-o ${output} cannot be used with secretless issuer`);
  const documents = await session.cluster().issuerDocuments();
  const { issuer } = documents.configuration;
  const found = await Promise.all(
    publicationsOf(documents).map(async ({ address, content, problemIn }) => {
      const problem = isPublic(issuer) ? problemIn(await session.download(address)) : "is not a public address";
      return { address, content, problem };
    }),
  );
  if (output !== undefined)
    session.print(await printData({ apiVersion: "acr-secret/v1", kind: "Issuer", issuer, documents: found }, output));
  else for (const { address, content } of found) session.print(`# ${printable(address)}\n${await printData(content, "json")}`);
  const problems = found.flatMap(({ address, problem }) => (problem === undefined ? [] : [`${address} ${problem}`]));
  for (const text of problems) session.warn(`Microsoft Entra ID can't use the issuer: ${text}`);
  return problems.length > 0 ? 1 : 0;
}
