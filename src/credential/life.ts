import { CliError } from "../errors.ts";
import type { Credential, Life } from "./kind.ts";

/** What can be done with a credential after it was made. @throws CliError internal for a kind that has nothing of that */
export function lifeOf({ life, kind }: Credential): Life {
  if (life) return life;
  throw new CliError("internal", `nobody here can make another credential of the kind ${kind}`);
}
