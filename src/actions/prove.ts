import { proveLogin } from "../credential/prove.ts";
import type { ChangeOf, Passing } from "../plan/change.ts";
import { formatImage } from "../registry/image-reference.ts";
import { covers } from "../registry/repository.ts";
import { type Action, type Env, loginOf, type Result } from "./action.ts";

/** Pulls with the login before a Secret gets it. */
export const prove: Action<Prove> = {
  async apply(change, env) {
    const { tools } = env;
    // Before the proof, which waits while the registry rejects the password, and again right before the Secret is written
    const confirm = async () => void (change.password && !tools.write.dryRun && (await tools.apply(change)));
    await confirm();
    if (change.isSkipped) return {};
    const result = await pull(change, env);
    await confirm();
    return result;
  },
};

type Prove = ChangeOf<"prove">;

async function pull({ to, repositories, fresh, passing }: Prove, env: Env): Promise<Result> {
  const login = loginOf(env);
  if (!login) return {};
  const { tools, issued } = env;
  const reach = { host: to.name, repositories, images: issued?.images ?? [] };
  const proving = { registry: tools.registry(), sleep: tools.sleep, fresh, passing };
  const proven = await tools.during(awaited(to.name, login.username, { fresh, passing }), () => proveLogin(reach, login, proving));
  const missing = proven.missing.map((image) => `image ${formatImage(image)} not found, but a pod uses it`);
  // The warning about a missing image covers its repository and the paths above it
  const unseen = proven.empty.filter((name) => !proven.missing.some(({ repository }) => covers(name, repository)));
  // The images below a path are not listed: only those that pods use are known
  const why = (name: string) => (name.endsWith("*") ? "found no pod that uses an image below this path" : "no image found");
  const empty = unseen.map((name) => `${to.name}/${name} could not be verified: ${why(name)}`);
  return { messages: [...missing, ...empty], issued: proven.image && { proven: proven.image } };
}

/** Describes what a proof waits for, and the maximum time. */
function awaited(host: string, username: string, { fresh, passing }: { fresh: boolean; passing: Passing | undefined }): string {
  if (!passing) return `Asking ${host} for a manifest as ${username}${fresh ? ": a new password can take 2 minutes" : ""}`;
  const what = passing.verdicts.includes("out-of-scope") ? "role" : "password";
  return `Waiting at most ${Math.ceil(passing.milliseconds / 1000)}s until ${host} accepts the ${what} of ${username}`;
}
