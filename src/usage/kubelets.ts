import { unlessRefused } from "../errors.ts";
import type { Cluster } from "../kube/port.ts";
import { mostListedImages, mostListedNames, startRulesOf } from "../kubelet/start.ts";
import type { KubeObjects } from "../objects.ts";
import { once } from "../scope/concurrency.ts";
import { readImage } from "./images.ts";

/** Whether a kubelet has a credential provider: a series that it has only then (from 1.34 on). */
export const hasProvider = async (cluster: Pick<Cluster, "nodeMetrics">, node: string): Promise<boolean> =>
  /^kubelet_credential_provider_config_info\b/m.test(await cluster.nodeMetrics(node));

/** Reads a kubelet's configuration if it matters. If you may not, its rules are those that it may have, the default first. */
export async function readKubelet(
  cluster: Pick<Cluster, "nodeConfig" | "nodeMetrics">,
  { metadata: { name }, status = {} }: KubeObjects["node"],
) {
  const version = status.nodeInfo?.kubeletVersion ?? "";
  const isSure = startRulesOf(version, undefined).length === 1;
  const configz = isSure ? undefined : await cluster.nodeConfig(name).catch(unlessRefused(undefined));
  const { images = [] } = status;
  return {
    name,
    version,
    rules: startRulesOf(version, configz),
    mayHaveProvider: once(() => hasProvider(cluster, name).catch(unlessRefused(true))),
    /** Returns whether the node has an image; both if its status lists only the largest images, or only some names of one. */
    has: (text: string): readonly boolean[] => {
      if (images.some(({ names = [] }) => names.some((one) => readImage(one).text === text))) return [true];
      const areAll = images.length < mostListedImages(configz) && images.every(({ names = [] }) => names.length < mostListedNames);
      return areAll ? [false] : [false, true];
    },
  };
}
