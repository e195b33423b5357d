import { explainSignIn } from "../../../src/azure/sign-in-error.ts";
import { kubeconfigError } from "../../../src/kube/status.ts";
import { readAnswer } from "../../../src/registry/answers.ts";
import type { Proof } from "../../../src/registry/port.ts";
import type { Place } from "./cluster-places.ts";
import { armError, refuse } from "./world.ts";

const ref = { host: "myregistry.azurecr.io", repository: "app/web", reference: "1" };

const answers = (where: string, proof: (text: string) => Proof): Place => ({
  where,
  prepare: (made, text) => void made.asking.around(async (asked, next) => (asked.call === "prove" ? proof(text) : next())),
});

const error = (message: string) => JSON.stringify({ errors: [{ code: message, message }] });

/** Texts from Azure, a registry, az and kubectl. */
export const others: readonly Place[] = [
  ...([401, 403, 418] as const).flatMap((status) =>
    (["token", "manifest"] as const).map((step) =>
      answers(`a registry's ${status} to a ${step}`, (text) =>
        readAnswer(step, ref, text, { status, text: error(text), header: () => undefined }),
      ),
    ),
  ),
  answers("the place that a registry's challenge names", (text) => ({
    verdict: "not-checked",
    message: `myregistry.azurecr.io requests the login for another host (${text}), so it was not sent`,
  })),
  {
    where: "the tags of a repository",
    prepare: (made, tag) => {
      made.azure.images.clear();
      made.asking.around(async (asked, next) => (asked.call === "anyTag" ? tag : next()));
    },
  },
  ...["findRegistry", "scopeMap", "putScopeMap", "putToken", "generatePassword"].map(
    (call): Place => ({
      where: `Azure Resource Manager's refusal of ${call}`,
      prepare: (made, text) => {
        made.cluster.remove("secret", "demo", "acr-myregistry");
        refuse(
          made,
          (asked) => asked.call === call,
          () => armError(text),
        );
      },
    }),
  ),
  {
    where: "what az prints on stderr",
    prepare: (made, text) =>
      refuse(
        made,
        (asked) => asked.port === "azure",
        () => explainSignIn(`ERROR: ${text}`),
      ),
  },
  {
    where: "what Entra ID says to az",
    prepare: (made, text) =>
      refuse(
        made,
        (asked) => asked.port === "azure",
        () => explainSignIn(`ERROR: AADSTS50076: ${text}`),
      ),
  },
  {
    where: "what kubectl says of a kubeconfig",
    prepare: (made, text) =>
      refuse(
        made,
        (asked) => asked.port === "cluster",
        () => kubeconfigError(`error: ${text}`),
      ),
  },
];
