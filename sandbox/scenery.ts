import type { AzureEmulator } from "./azure/emulator.ts";
import { programLayer } from "./tar.ts";

/** The images in the commands of the pages. */
export const images = ["app/web:1", "app/web:2", "app/api:1", "base/nginx:1", "team-a/shop:1"];

/**
 * Pushes the images of the pages to the registry of a new sandbox.
 *
 * @param program a static program for the images, if there is a node to run them
 */
export async function pushImages(azure: AzureEmulator, program?: Buffer): Promise<void> {
  const runnable = program && { layer: programLayer("program", program), entrypoint: ["/program"] };
  for (const image of images) await azure.push(`myregistry.azurecr.io/${image}`, runnable);
}
