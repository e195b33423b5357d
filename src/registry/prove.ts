import type { Http } from "../http/message.ts";
import { answerOf, readAnswer, readFailure, unusable } from "./answers.ts";
import { ask } from "./ask.ts";
import type { ImageRef, Login, Proof } from "./port.ts";

/** The kinds of manifest that container runtimes accept: OCI and docker, for one platform and for several. */
const manifests = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** Requests an image's manifest like a container runtime before it pulls. A token alone would prove nothing: see readAnswer. */
export async function provePull(http: Http, image: ImageRef, login: Login | undefined): Promise<Proof> {
  const { repository, reference } = image;
  const host = image.host === "docker.io" ? "registry-1.docker.io" : image.host;
  try {
    const path = `/v2/${repository}/manifests/${reference}`;
    const asked = await ask(http, { host, path, scope: `repository:${repository}:pull`, accept: manifests }, login);
    if ("unusable" in asked) return { verdict: unusable[asked.why], message: asked.unusable };
    return readAnswer(asked.step, image, login?.username, answerOf(asked.answer));
  } catch (error) {
    return readFailure(error);
  }
}

/** Tests whether a registry accepts a login at all, like `docker login`. What the login may pull is unknown before there is an image. */
export async function admits(http: Http, host: string, login: Login): Promise<Proof> {
  try {
    const asked = await ask(http, { host, path: "/v2/", scope: "", accept: "application/json" }, login);
    if ("unusable" in asked) return { verdict: unusable[asked.why], message: asked.unusable };
    if (asked.answer.status === 200) return { verdict: "pulls", message: `${host} takes user ${JSON.stringify(login.username)}` };
    return readAnswer("token", { host, repository: "", reference: "" }, login.username, answerOf(asked.answer));
  } catch (error) {
    return readFailure(error);
  }
}
