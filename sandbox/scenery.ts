import type { AzureEmulator } from "./azure/emulator.ts";
import { programLayer } from "./tar.ts";

/** The images that the pages pull. */
const images = ["app/web:1", "app/web:2", "app/api:1", "base/nginx:1", "team-a/shop:1"];

/**
 * Fills the registry of a fresh sandbox with what the pages speak of.
 *
 * @param program a static program that the images run, where there is a node to run them
 */
export async function pushImages(azure: AzureEmulator, program?: Buffer): Promise<void> {
  const runnable = program && { layer: programLayer("program", program), entrypoint: ["/program"] };
  for (const image of images) await azure.push(`myregistry.azurecr.io/${image}`, runnable);
}
