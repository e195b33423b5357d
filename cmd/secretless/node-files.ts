import { printData } from "../../src/output/object.ts";
import { azureJson, nodePaths, type ProviderCloud, providerConfig } from "../../src/secretless/node-files.ts";
import type { Session } from "../session.ts";

/** Prints the files with which kubelets pull without pull secrets, and the kubelet's flags. Never changes a node. @returns the exit code */
export async function runNodeFiles(
  { cloud = "AzureCloud" }: { readonly cloud: ProviderCloud | undefined },
  session: Session,
): Promise<number> {
  const { binaries, config, azure } = nodePaths;
  session.print(`# Flags of the kubelet:
#   --image-credential-provider-bin-dir=${binaries}
#   --image-credential-provider-config=${config}
---
# ${config}
${await printData(providerConfig, "yaml")}---
# ${azure}
${JSON.stringify(azureJson(cloud))}
`);
  return 0;
}
