import type { Verdict } from "../../src/check/verdict.ts";

/** Returns the verdict of an image that no pod uses, for which a login is missing. @param given the members that differ */
export const verdictOf = (given: Partial<Verdict> = {}): Verdict => ({
  image: "r.azurecr.io/a:1",
  namespace: "demo",
  secret: "",
  account: "default",
  owners: [],
  pods: [],
  cause: "no-login",
  proof: "registry",
  ...given,
});
