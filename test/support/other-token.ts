import type { Secret } from "../../src/objects.ts";
import { loginsAnnotation } from "../../src/secret/entry.ts";
import type { FakeWorld } from "./fakes/world.ts";
import { madeAtOf, makeByHand, noteIn } from "./rotating.ts";

const name = "acr-myregistry";

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
        if (secret.metadata.annotations?.[loginsAnnotation]?.includes(`"${old}"`))
          cluster.put(withName(secret, old, to), "kubectl-acr-secret");
  };

function withName({ metadata, data = {}, ...secret }: Secret, old: string, to: string): Secret {
  const rename = (text: string) => text.replaceAll(`"${old}"`, `"${to}"`);
  const annotations = { ...metadata.annotations, [loginsAnnotation]: rename(metadata.annotations?.[loginsAnnotation] ?? "") };
  const text = rename(Buffer.from(data[".dockerconfigjson"] ?? "", "base64").toString());
  const config = text.replaceAll(/"auth": *"([^"]*)"/g, (_, auth) => `"auth":"${reencoded(auth, old, to)}"`);
  return { ...secret, metadata: { ...metadata, annotations }, data: { ".dockerconfigjson": Buffer.from(config).toString("base64") } };
}

const reencoded = (auth: string, old: string, to: string): string =>
  Buffer.from(Buffer.from(auth, "base64").toString().replace(`${old}:`, `${to}:`)).toString("base64");

/** Generates the second password of a Secret's token and writes it to the Secret, as a rotation does that is killed after this Secret. */
export const secondPassword =
  (at: string, secretName = name) =>
  async (world: FakeWorld): Promise<void> => {
    const note = noteIn(world, at, secretName);
    const { identity: username } = note;
    const password = await makeByHand(world, "password2", username);
    const secret = world.cluster.get("secret", at, secretName);
    if (!secret) throw new Error("no Secret");
    const entry = { ...note, slot: "password2", madeAt: madeAtOf(world, username, "password2") };
    const annotations = { ...secret.metadata.annotations, [loginsAnnotation]: JSON.stringify([entry]) };
    const [host = ""] = note.hosts;
    const auths = { [host]: { username, password, auth: Buffer.from(`${username}:${password}`).toString("base64") } };
    const data = { ".dockerconfigjson": Buffer.from(JSON.stringify({ auths })).toString("base64") };
    world.cluster.put({ ...secret, metadata: { ...secret.metadata, annotations }, data }, "kubectl-acr-secret");
  };
