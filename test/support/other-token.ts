import type { Secret } from "../../src/objects.ts";
import { credentialKey } from "../../src/secret/record.ts";
import type { FakeWorld } from "./fakes/world.ts";

/**
 * Renames a token in Azure and in the Secrets that hold it, by default the only token. Its name is then derived from no Secret, as that of
 * another user's token whose login and annotation a user copied into a Secret.
 */
export const renamed =
  (to: string, from?: string) =>
  ({ azure, clusters }: FakeWorld): void => {
    const old = from ?? [...azure.tokens.keys()][0] ?? "";
    azure.renameToken(old, to);
    for (const cluster of clusters.values())
      for (const secret of cluster.all("secret"))
        if (secret.metadata.annotations?.[credentialKey]?.includes(`"${old}"`))
          cluster.put(withName(secret, old, to), "kubectl-acr-secret");
  };

function withName({ metadata, data = {}, ...secret }: Secret, old: string, to: string): Secret {
  const rename = (text: string) => text.replaceAll(`"${old}"`, `"${to}"`);
  const annotations = { ...metadata.annotations, [credentialKey]: rename(metadata.annotations?.[credentialKey] ?? "") };
  const text = rename(Buffer.from(data[".dockerconfigjson"] ?? "", "base64").toString());
  const config = text.replaceAll(/"auth": *"([^"]*)"/g, (_, auth) => `"auth":"${reencoded(auth, old, to)}"`);
  return { ...secret, metadata: { ...metadata, annotations }, data: { ".dockerconfigjson": Buffer.from(config).toString("base64") } };
}

const reencoded = (auth: string, old: string, to: string): string =>
  Buffer.from(Buffer.from(auth, "base64").toString().replace(`${old}:`, `${to}:`)).toString("base64");
