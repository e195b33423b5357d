import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loopbackPlugin } from "./requirements.ts";

// Pods need an address, but no network. This plugin (CNI specification 0.4.0) derives an address from the container's id and changes no
// device.
const plugin = `#!/bin/sh
case "$CNI_COMMAND" in
VERSION) echo '{"cniVersion":"0.4.0","supportedVersions":["0.3.1","0.4.0"]}' ;;
ADD)
  rest=\${CNI_CONTAINERID#????}; number=$((0x\${CNI_CONTAINERID%"$rest"}))
  echo '{"cniVersion":"0.4.0","interfaces":[{"name":"eth0","sandbox":"'"$CNI_NETNS"'"}],' \\
    '"ips":[{"version":"4","interface":0,"address":"10.99.'$((number / 256)).$((number % 256))'/16"}]}' ;;
esac
`;

/** Writes the network plugins and their configuration below `folder`. @returns the folders of the plugins and of their configuration */
export async function writeNetwork(folder: string): Promise<{ programs: string; configuration: string }> {
  const programs = join(folder, "cni");
  const configuration = join(programs, "conf");
  await mkdir(configuration, { recursive: true });
  await copyFile(loopbackPlugin, join(programs, "loopback"));
  await writeFile(join(programs, "address"), plugin, { mode: 0o755 });
  const list = { cniVersion: "0.4.0", name: "sandbox", plugins: [{ type: "address" }] };
  await writeFile(join(configuration, "10-sandbox.conflist"), JSON.stringify(list));
  return { programs, configuration };
}
