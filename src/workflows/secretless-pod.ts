import type { PodPull } from "../check/pull-pod.ts";
import { explainCommand, type Finding, findingOf } from "../doctor/finding.ts";
import { asRefusal } from "../errors.ts";
import type { Account } from "../secretless/objects.ts";
import type { openNodePulls } from "./check-from-cluster.ts";

/** The ServiceAccount, and an image as a pod names it. */
type Question = Pick<PodPull, "image"> & { readonly account: Account };

/** A Secret that does not exist. Admission copies the list of the ServiceAccount to a pod without a list. */
const noSecret = "acr-secret-none";

/**
 * Lets a node pull the image as the ServiceAccount, in a pod without pull secrets that is deleted afterwards.
 * @throws Interrupted
 */
export async function proveByPod({ account, image }: Question, pulls: ReturnType<typeof openNodePulls>): Promise<Finding<"pod-pull">> {
  const { namespace, name } = account;
  const part = { id: "pod-pull", subject: `${account.kind}/${name}` } as const;
  const pod = { namespace, image, account: name, names: [noSecret], isListFinal: true, near: undefined } as const;
  const answer = await pulls.pull(pod, false).catch(asRefusal);
  if (answer instanceof Error) return findingOf(answer, part);
  if ("unproven" in answer) return { ...part, status: "unknown", message: answer.unproven };
  const [failure] = answer.failures;
  if (failure) return { ...part, status: "failed", message: `node ${answer.node} says: ${failure.text}`, next: explainCommand(part.id) };
  return { ...part, status: "ok", message: `node ${answer.node} pulled the image without a pull secret` };
}
